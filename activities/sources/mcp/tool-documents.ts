import { parsePath, valuesAt } from '../../../adapters/extraction/json-path.ts';
import type { ToolAnswer } from '../../../adapters/mcp/tool-answer.ts';
import type { ReadMessage } from '../contract.ts';
import type { ToolConfig } from './config.ts';
import { cleanText } from './contents.ts';
import { pagesOf, type Gaps } from './pages.ts';
import type { ToolBox } from './tool-box.ts';
import type { Values } from './uri-template.ts';
import { combinations, itemsAt } from './variables.ts';

type Message = ReadMessage<never>;

/** Calls one tool, once for each combination of its variables and each page, and makes documents of what it answers. */
export async function* readTool(
  config: ToolConfig,
  tools: ToolBox,
  maxBytes: number,
): AsyncGenerator<Message, Gaps> {
  tools.require(config.tool);
  const gaps: string[] = [];
  for (const values of await combinations(config.variables ?? {}, tools)) {
    gaps.push(...(yield* readCall(config, values, tools, maxBytes)));
  }
  return gaps;
}

async function* readCall(
  config: ToolConfig,
  values: Values,
  tools: ToolBox,
  maxBytes: number,
): AsyncGenerator<Message, Gaps> {
  const args = filled(config.args ?? {}, values);
  const pages = pagesOf(`answers of "${config.tool}"`, async (cursor) => {
    const answer = await tools.call(config.tool, { ...args, ...cursorArg(config, cursor) });
    const next = answer.isError ? undefined : nextCursor(config, answer);
    return { items: [answer], ...(next === undefined ? {} : { nextCursor: next }) };
  });
  const gaps: string[] = [];
  for (;;) {
    const step = await pages.next();
    if (step.done === true) return [...gaps, ...step.value];
    for (const message of step.value.flatMap((answer) =>
      messagesOf(config, values, answer, maxBytes),
    )) {
      if (
        message.kind === 'failed' &&
        (message.id === undefined || config.itemsPath !== undefined)
      ) {
        gaps.push(`items of the tool "${config.tool}" could not be read`);
      }
      yield message;
    }
  }
}

function cursorArg({ pagination }: ToolConfig, cursor: string | undefined): Record<string, string> {
  return pagination === undefined || cursor === undefined ? {} : { [pagination.cursorArg]: cursor };
}

function nextCursor({ pagination }: ToolConfig, { data }: ToolAnswer): string | undefined {
  if (pagination === undefined) return undefined;
  const next = textAt(data, pagination.nextPath);
  return next === '' ? undefined : next;
}

/** Puts values in the place of `{name}`, at any depth. */
function filled(args: Readonly<Record<string, unknown>>, values: Values): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, fill(value, values)]),
  );
}

function fill(value: unknown, values: Values): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\{(\w+)\}/gu, (whole, name: string) => String(values[name] ?? whole));
  }
  if (Array.isArray(value)) return value.map((one) => fill(one, values));
  if (typeof value === 'object' && value !== null) return filled({ ...value }, values);
  return value;
}

function messagesOf(
  config: ToolConfig,
  values: Values,
  answer: ToolAnswer,
  maxBytes: number,
): readonly Message[] {
  const call = JSON.stringify([config.tool, ...callKey(config, values)]);
  if (answer.isError) return [refused(call, `The tool "${config.tool}" answered with an error.`)];
  if (config.itemsPath === undefined) return [wholeAnswer(config, call, answer, maxBytes)];
  return itemsAt(answer.data, config.itemsPath).map((item) => itemMessage(config, item, maxBytes));
}

/** What tells the calls of one tool apart: its variables, or else its arguments. */
function callKey({ args, variables }: ToolConfig, values: Values): readonly (string | number)[] {
  if (variables !== undefined)
    return Object.keys(variables)
      .toSorted()
      .map((name) => values[name] ?? '');
  return args === undefined ? [] : [JSON.stringify(sortedKeys(args))];
}

function sortedKeys(args: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(args).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function wholeAnswer(
  config: ToolConfig,
  call: string,
  answer: ToolAnswer,
  maxBytes: number,
): Message {
  const own = config.idPath === undefined ? undefined : textAt(answer.data, config.idPath);
  if (config.idPath !== undefined && own === undefined) return refused(call, withoutId(config));
  const id = own === undefined ? call : JSON.stringify([config.tool, own]);
  const text =
    config.contentPath === undefined ? answer.text : textAt(answer.data, config.contentPath);
  if (text === undefined || (text === '' && answer.otherTypes.length > 0)) {
    const types =
      answer.otherTypes.length === 0 ? 'none at "contentPath"' : answer.otherTypes.join(', ');
    return refused(id, `The tool "${config.tool}" answered without text (${types}).`);
  }
  return documentOf(config, { id, text, from: answer.data, maxBytes });
}

function itemMessage(config: ToolConfig, item: unknown, maxBytes: number): Message {
  const own = textAt(item, config.idPath ?? 'id');
  if (own === undefined || own === '') return refused(undefined, withoutId(config));
  const id = JSON.stringify([config.tool, own]);
  const text = config.contentPath === undefined ? asText(item) : textAt(item, config.contentPath);
  if (text === undefined)
    return refused(id, `An item of the tool "${config.tool}" has nothing at "contentPath".`);
  return documentOf(config, { id, text, from: item, maxBytes });
}

function documentOf(
  config: ToolConfig,
  { id, text, from, maxBytes }: { id: string; text: string; from: unknown; maxBytes: number },
): Message {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > maxBytes)
    return refused(id, `It has ${sizeBytes} bytes; ${maxBytes} are allowed.`);
  if (id.length > MAX_ID_CHARACTERS)
    return refused(
      undefined,
      `The id of an item of "${config.tool}" is longer than 2,048 characters.`,
    );
  const title = config.titlePath === undefined ? undefined : textAt(from, config.titlePath);
  return {
    kind: 'document',
    document: {
      id,
      body: { kind: KINDS[config.contentType], text: cleanText(text) },
      ...(title === undefined || title === '' ? {} : { title: cleanText(title) }),
    },
  };
}

const MAX_ID_CHARACTERS = 2048;
const KINDS = { 'text/plain': 'text', 'text/markdown': 'markdown', 'text/html': 'html' } as const;

function textAt(data: unknown, path: string): string | undefined {
  const [value] = valuesAt(data, parsePath(path) ?? []);
  return value === undefined ? undefined : asText(value);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function withoutId({ tool, idPath = 'id' }: ToolConfig): string {
  return `An item of the tool "${tool}" has no id at "${idPath}".`;
}

function refused(id: string | undefined, detail: string): Message {
  return {
    kind: 'failed',
    failure: 'InvalidDocument',
    detail,
    ...(id === undefined ? {} : { id }),
  };
}
