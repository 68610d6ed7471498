import { createHash } from 'node:crypto';
import type { ConverseAnswer, ConverseModel, ConverseRequest } from './converse.ts';
import { termsOf } from './search/terms.ts';

/**
 * The model of the embedded cloud: no language model, but one that really reads. It asks for the pages whose addresses stand in its
 * instructions or the question, then answers with their sentences that share most words with the question, word for word.
 */
export const readingModel: ConverseModel = (request) => {
  const tools = toolNames(request);
  const wanted = addressesOf(request).filter((url) => !askedFor(request).has(url));
  const forced = request.toolConfig?.toolChoice?.tool !== undefined;
  if (tools.has(FETCH) && wanted.length > 0 && !forced)
    return uses(
      request,
      wanted.slice(0, MAX_PAGES).map((url) => ({ name: FETCH, input: { url } })),
    );
  const claims = claimsOf(request);
  if (tools.has(ANSWER)) return uses(request, [{ name: ANSWER, input: { claims } }]);
  const text = claims.map((claim) => claim.text).join(' ') || 'I have read nothing about that.';
  return { content: [{ text }], stopReason: 'end_turn' };
};

const FETCH = 'fetch_page';
/** The tool through which Strands takes an answer of a given form. */
const ANSWER = 'strands_structured_output';
const MAX_PAGES = 5;
const MAX_CLAIMS = 5;

interface Use {
  readonly name: string;
  readonly input: object;
}

function uses({ messages }: ConverseRequest, list: readonly Use[]): ConverseAnswer {
  const content = list.map(({ name, input }, index) => ({
    toolUse: { toolUseId: `tooluse_${idOf([messages.length, index, name, input])}`, name, input },
  }));
  return { content, stopReason: 'tool_use' };
}

function idOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 22);
}

function toolNames({ toolConfig }: ConverseRequest): ReadonlySet<string> {
  return new Set(toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec?.name ?? []));
}

function questionOf({ messages }: ConverseRequest): string {
  return (messages[0]?.content ?? []).map(({ text = '' }) => text).join('\n');
}

function addressesOf(request: ConverseRequest): readonly string[] {
  const told = [...(request.system ?? []).map(({ text = '' }) => text), questionOf(request)];
  const found = told.join('\n').match(/https?:\/\/[^\s<>"'`)\]]+/g) ?? [];
  return [...new Set(found.map((url) => url.replace(/[.,;:!?]+$/, '')))];
}

function askedFor({ messages }: ConverseRequest): ReadonlySet<string> {
  const inputs = messages.flatMap(({ content }) => content.map(({ toolUse }) => toolUse?.input));
  return new Set(inputs.flatMap((input) => textAt(input, 'url') ?? []));
}

interface Sentence {
  readonly text: string;
  readonly source_url: string;
  readonly quote: string;
}

function claimsOf(request: ConverseRequest): readonly Sentence[] {
  const terms = new Set(termsOf(questionOf(request)));
  const scored = pagesOf(request)
    .flatMap((page) => sentencesOf(page))
    .map((sentence) => ({ sentence, score: scoreOf(sentence.quote, terms) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score);
  return scored.slice(0, MAX_CLAIMS).map(({ sentence }) => sentence);
}

interface Page {
  readonly url: string;
  readonly text: string;
}

function pagesOf({ messages }: ConverseRequest): readonly Page[] {
  const results = messages.flatMap(({ content }) =>
    content.flatMap(({ toolResult }) => toolResult?.content ?? []),
  );
  return results.flatMap(({ json }) => {
    const [url, text] = [textAt(json, 'url'), textAt(json, 'text')];
    return url === undefined || text === undefined ? [] : [{ url, text }];
  });
}

function sentencesOf({ url, text }: Page): readonly Sentence[] {
  const sentences = text
    .split(/\n+|(?<=[.!?])\s+/)
    .map((one) => one.replace(/^[#>*\-\s]+/, '').trim())
    .filter((one) => one.length >= 20 && one.length <= 400);
  return sentences.map((quote) => ({ text: quote, source_url: url, quote }));
}

function scoreOf(sentence: string, terms: ReadonlySet<string>): number {
  return new Set(termsOf(sentence).filter((term) => terms.has(term))).size;
}

function textAt(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Readonly<Record<string, unknown>>)[name];
  return typeof found === 'string' ? found : undefined;
}
