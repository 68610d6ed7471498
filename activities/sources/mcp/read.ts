import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { McpSession } from '../../../adapters/mcp/session.ts';
import { failure } from '../../../workflows/failures.ts';
import type { AgainMessage, ReadMessage, SourceEnv } from '../contract.ts';
import { wantsResources, type McpConfig, type TemplateConfig } from './config.ts';
import { maxBytes, openMcp } from './open.ts';
import { namesOf, type Gaps } from './pages.ts';
import { resourceReader, type ResourceReader } from './resource-reader.ts';
import { readResources } from './resources.ts';
import { openToolBox, type ToolBox } from './tool-box.ts';
import { readTool } from './tool-documents.ts';
import { expandTemplate } from './uri-template.ts';
import { combinations } from './variables.ts';

type Message = ReadMessage<null>;

/** Listed resources, then templates, then tools. The listing is complete when every page of each was read. */
export async function* readMcp(config: McpConfig, env: SourceEnv): AsyncGenerator<Message> {
  const folder = await mkdtemp(join(env.temporaryDirectory, 'resources-'));
  const session = await openMcp(config, env);
  try {
    const tools = await openToolBox(session, config);
    requireResources(session, config, tools);
    const reader = resourceReader(session, { maxBytes: maxBytes(config, env), folder });
    const gaps: string[] = [];
    if (wantsResources(config)) gaps.push(...(yield* readResources(session, reader, config, env)));
    for (const one of config.templates ?? []) yield* readTemplate(one, reader, tools);
    for (const one of config.tools ?? []) {
      gaps.push(...(yield* readTool(one, tools, maxBytes(config, env))));
    }
    env.signal.throwIfAborted();
    yield listing(gaps);
    yield { kind: 'checkpoint', cursor: null };
  } finally {
    await session.close();
  }
}

/**
 * Reads these resources alone, by their URIs; their titles and types come from the list, as ever. Answers of tools, and what the definition no
 * longer chooses, are passed over.
 */
export async function* readMcpAgain(
  config: McpConfig,
  ids: readonly string[],
  env: SourceEnv,
): AsyncGenerator<AgainMessage> {
  const folder = await mkdtemp(join(env.temporaryDirectory, 'resources-'));
  const session = await openMcp(config, env);
  try {
    const tools = await openToolBox(session, config);
    const whole = resourceReader(session, { maxBytes: maxBytes(config, env), folder });
    const reader = readerOf(whole, new Set(ids));
    if (wantsResources(config))
      yield* told(await Array.fromAsync(readResources(session, reader, config, env)));
    for (const one of config.templates ?? [])
      yield* told(await Array.fromAsync(readTemplate(one, reader, tools)));
  } finally {
    await session.close();
  }
}

/** Knows no other resources than these. */
function readerOf(whole: ResourceReader, wanted: ReadonlySet<string>): ResourceReader {
  return { ...whole, isNew: (uri) => wanted.has(uri) && whole.isNew(uri) };
}

function told(messages: readonly Message[]): readonly AgainMessage[] {
  return messages.filter(
    (one) => one.kind === 'document' || one.kind === 'failed' || one.kind === 'gone',
  );
}

/** @throws InvalidConfig - the definition wants resources of a server that has none; it names what the server has instead. */
export function requireResources(session: McpSession, config: McpConfig, tools: ToolBox): void {
  const wanted = wantsResources(config) || config.templates !== undefined;
  if (!wanted || session.hasResources) return;
  throw failure(
    'InvalidConfig',
    `The MCP server "${session.server.name}" has no resources. Read it by "tools"; it has: ${namesOf(tools.tools)}.`,
  );
}

async function* readTemplate(
  { uriTemplate, variables }: TemplateConfig,
  reader: ResourceReader,
  tools: ToolBox,
): AsyncGenerator<Message> {
  for (const values of await combinations(variables, tools)) {
    const uri = expandTemplate(uriTemplate, values);
    if (reader.isNew(uri)) yield* await reader.read(uri, {});
  }
}

function listing(gaps: Gaps): Message {
  return gaps.length === 0
    ? { kind: 'listing', complete: true }
    : { kind: 'listing', complete: false, why: [...new Set(gaps)].join('; ').slice(0, 500) };
}
