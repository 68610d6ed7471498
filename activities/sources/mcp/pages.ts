import type { McpTool, Page } from '../../../adapters/mcp/session.ts';
import { failure } from '../../../workflows/failures.ts';

/** Why something is missing from the listing: each takes the licence to delete away. */
export type Gaps = readonly string[];

type Fetch<T> = (cursor?: string) => Promise<Page<T> | undefined>;

/**
 * The pages of a list, one after the other. Its result says what is missing: a server whose cursors come back or never end is left
 * there. A server without the method has nothing.
 */
export async function* pagesOf<T>(
  what: string,
  fetch: Fetch<T>,
): AsyncGenerator<readonly T[], Gaps> {
  const cursors = new Set<string>();
  for (let cursor: string | undefined, count = 0; count < MAX_PAGES; count += 1) {
    const page = await fetch(cursor);
    if (page === undefined) return [];
    yield page.items;
    cursor = page.nextCursor;
    if (cursor === undefined) return [];
    if (cursors.has(cursor))
      return [`the list of ${what} repeats a cursor after ${count + 1} pages`];
    cursors.add(cursor);
  }
  return [`the list of ${what} has more than ${MAX_PAGES} pages`];
}

/** A bound against servers that invent cursors; a real list of this many pages is read by tools with pages of their own. */
const MAX_PAGES = 10_000;

/** All of a short list. @throws SourceUnavailable - its pages do not end. */
export async function allOf<T>(what: string, fetch: Fetch<T>): Promise<readonly T[]> {
  const pages = pagesOf(what, fetch);
  const items: T[] = [];
  for (;;) {
    const step = await pages.next();
    if (step.done !== true) items.push(...step.value);
    else if (step.value.length === 0) return items;
    else
      throw failure(
        'SourceUnavailable',
        `Of the MCP server ${step.value.join('; ')}. Tell its owner.`,
      );
  }
}

/** For sentences: the names, at most twenty. */
export function namesOf(items: readonly Pick<McpTool, 'name'>[]): string {
  const names = items.slice(0, 20).map(({ name }) => `"${name}"`);
  return names.length === 0 ? 'none' : names.join(', ');
}
