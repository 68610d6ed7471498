import type { Decode, Violation } from '../../workflows/collection/extraction-spec.ts';
import { parsePage, select } from './dom.ts';
import type { PageDocument } from './dom.ts';
import type { Page } from './locators.ts';
import { resolveUrl } from './absolute-url.ts';

/** The body, parsed once; `page` is missing when it cannot be read at all, and a violation says why. */
export interface ReadBody {
  readonly page?: Page;
  /** What relative addresses are resolved against. */
  readonly base: string;
  readonly violations: readonly Violation[];
}

/** Parses as the format asks; without one, a body that begins and parses like JSON is JSON. */
export function readBody(
  body: string,
  url: string,
  { format, parse = parsePage }: BodyOptions,
): ReadBody {
  if (body.length > MAX_BODY_CHARACTERS) return refused(url, 'limit', TOO_LARGE);
  const payload = format === 'html' ? undefined : readPayload(body, format);
  if (payload !== undefined) return { page: { payload: payload.value }, base: url, violations: [] };
  if (format === 'json') return refused(url, 'format', 'The body is not JSON.');
  return readPage(body, url, parse);
}

interface BodyOptions {
  readonly format: Decode['format'];
  readonly parse?: ((html: string) => PageDocument) | undefined;
}

/** Far above any page, far below what makes a worker run out of memory. */
const MAX_BODY_CHARACTERS = 16 * 1024 * 1024;
const TOO_LARGE = `The body has more than ${MAX_BODY_CHARACTERS} characters.`;

function readPayload(body: string, format: Decode['format']): { value: unknown } | undefined {
  if (format === undefined && !/^\s*[[{]/u.test(body.slice(0, 1000))) return undefined;
  try {
    return { value: JSON.parse(body.replace(/^\uFEFF/u, '')) };
  } catch {
    return undefined;
  }
}

function readPage(body: string, url: string, parse: (html: string) => PageDocument): ReadBody {
  try {
    const document = parse(body);
    const href = select(document, 'base[href]', 1)?.[0]?.getAttribute('href');
    const base = typeof href === 'string' ? (resolveUrl(href, url) ?? url) : url;
    return { page: { document }, base, violations: [] };
  } catch (error) {
    // The parser is iterative, but a hostile page may still exhaust it; that is the page's fault, not ours.
    return refused(url, 'limit', `The page cannot be parsed: ${(error as Error).name}.`);
  }
}

function refused(base: string, kind: Violation['kind'], detail: string): ReadBody {
  return { base, violations: [{ kind, detail }] };
}
