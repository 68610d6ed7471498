import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { failure } from '../../../workflows/failures.ts';

/** What is still to be visited, in the order of discovery, and what was. */
export interface Frontier {
  /** Adds a page unless it is known already or a bound is reached; a bound makes the listing incomplete. */
  add(id: string, depth: number): void;
  next(): Visit | undefined;
  /** Puts a page back: to the end for another try, or to the front because something must come before it. */
  again(visit: Visit, place: 'front' | 'end'): void;
  /** Marks a page that another address led to. */
  claim(id: string): void;
  wasVisited(id: string): boolean;
  /** Puts `id` first and `visit` back behind it. Does nothing and says false if `id` was visited or there is no room for it. */
  putBefore(id: string, visit: Visit): boolean;
  /** Was it visited, and found to be there? */
  isThere(id: string): boolean;
  noteAbsent(id: string): void;
  /** Notes why links or pages may be missing. */
  hide(why: string): void;
  /** Why the listing is not complete; empty if it is. */
  readonly hidden: readonly string[];
  readonly result: CrawlResult;
  noteOk(): void;
  noteFailure(failure: string, detail: string): void;
  toCursor(): CrawlCursor;
}

export interface Visit {
  readonly id: string;
  readonly depth: number;
  /** Times that it was tried before. */
  readonly tries: number;
}

/** How the crawl went so far, over all its attempts. */
interface CrawlResult {
  /** At least one page was read, confirmed or left out by its own wish. */
  readonly anyOk: boolean;
  readonly firstFailure?: { readonly failure: string; readonly detail: string };
}

/** The state of a crawl, packed: addresses of one site repeat themselves, so 2,000 of them fit into some 40 KB. */
export const CrawlCursor = z.strictObject({ v: z.literal(1), packed: z.string() });

export type CrawlCursor = z.infer<typeof CrawlCursor>;

export interface FrontierLimits {
  readonly maxPages: number;
  /** Pages that differ in their query alone. */
  readonly maxQueryVariants?: number;
}

export function createFrontier(limits: FrontierLimits, from: CrawlCursor | null): Frontier {
  const state = from === null ? emptyState() : unpack(from);
  const queue = state.queue;
  const visited = new Set(state.visited);
  const queued = new Set(queue.map(([id]) => id));
  const variants = countVariants([...visited, ...queued]);
  const absent = new Set(state.absent);
  const hidden = new Set(state.hidden);
  let { anyOk, firstFailure } = state;
  let unmeasured = 0;
  let isFull = false;
  const toCursor = (): CrawlCursor =>
    pack({
      queue: queue.filter(([id]) => queued.has(id)),
      visited: [...visited],
      absent: [...absent],
      hidden: [...hidden],
      anyOk,
      ...(firstFailure ? { firstFailure } : {}),
    });
  /** Packing tells the true size, but takes milliseconds: only after much was added. */
  const measure = (added: number): void => {
    unmeasured += added;
    if (unmeasured < MEASURE_EVERY) return;
    unmeasured = 0;
    isFull = toCursor().packed.length > MAX_CURSOR_CHARACTERS;
  };
  return {
    add(id, depth) {
      if (visited.has(id) || queued.has(id)) return;
      if (isFull) {
        hidden.add(
          'The addresses of the site are too long for its list of pages: narrow the scope, or split the site into several sources.',
        );
        return;
      }
      const path = id.split('?')[0] ?? id;
      const seen = variants.get(path) ?? 0;
      if (visited.size + queued.size >= limits.maxPages) {
        hidden.add(
          `There are more than ${limits.maxPages} pages: raise "follow.maxPages" or narrow the scope.`,
        );
      } else if (id !== path && seen >= (limits.maxQueryVariants ?? MAX_QUERY_VARIANTS)) {
        hidden.add(
          `"${path}" has more than ${limits.maxQueryVariants ?? MAX_QUERY_VARIANTS} variants of its query: exclude it, or name parameters in "dropParameters".`,
        );
      } else {
        if (id !== path) variants.set(path, seen + 1);
        queued.add(id);
        queue.push([id, depth, 0]);
        measure(id.length);
      }
    },
    next() {
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        const [id, depth, tries] = entry;
        // A redirect may have led to it in the meantime.
        const fresh = queued.delete(id);
        if (!fresh) continue;
        visited.add(id);
        return { id, depth, tries };
      }
      return undefined;
    },
    again({ id, depth, tries }, place) {
      visited.delete(id);
      queued.add(id);
      if (place === 'front') queue.unshift([id, depth, tries]);
      else queue.push([id, depth, tries]);
    },
    putBefore(id, visit) {
      const isFull = visited.size + queued.size >= limits.maxPages;
      if (visited.has(id) || (isFull && !queued.has(id))) return false;
      visited.delete(visit.id);
      // Entries of the same page further behind are skipped when their turn comes.
      for (const one of [id, visit.id]) queued.add(one);
      queue.unshift([id, visit.depth, 0], [visit.id, visit.depth, visit.tries]);
      return true;
    },
    wasVisited: (id) => visited.has(id),
    isThere: (id) => visited.has(id) && !absent.has(id),
    noteAbsent: (id) => void absent.add(id),
    claim(id) {
      queued.delete(id);
      visited.add(id);
    },
    hide: (why) => void (hidden.size < MAX_REASONS && hidden.add(why)),
    get hidden() {
      return [...hidden];
    },
    get result() {
      return { anyOk, ...(firstFailure ? { firstFailure } : {}) };
    },
    noteOk: () => void (anyOk = true),
    noteFailure: (name, detail) => void (firstFailure ??= { failure: name, detail }),
    toCursor,
  };
}

const State = z.strictObject({
  queue: z.array(z.tuple([z.string(), z.int(), z.int()])),
  visited: z.array(z.string()),
  absent: z.array(z.string()),
  hidden: z.array(z.string()),
  anyOk: z.boolean(),
  firstFailure: z.exactOptional(z.strictObject({ failure: z.string(), detail: z.string() })),
});

type State = z.infer<typeof State>;

function emptyState(): State {
  return { queue: [], visited: [], absent: [], hidden: [], anyOk: false };
}

function pack(state: State): CrawlCursor {
  return { v: 1, packed: deflateRawSync(JSON.stringify(state)).toString('base64') };
}

function unpack({ packed }: CrawlCursor): State {
  try {
    const text = inflateRawSync(Buffer.from(packed, 'base64'), {
      maxOutputLength: MAX_STATE_BYTES,
    });
    return State.parse(JSON.parse(text.toString('utf8')));
  } catch (error) {
    throw failure(
      'InvalidConfig',
      'The stored cursor of an "http" source cannot be read. Start a full run of the source.',
      { cause: error },
    );
  }
}

function countVariants(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const path = id.split('?')[0] ?? id;
    if (id !== path) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}

/** A calendar or a search page has endless variants; real pages have a few pages and languages. */
const MAX_QUERY_VARIANTS = 50;
const MAX_REASONS = 20;
const MEASURE_EVERY = 20_000;
/** Cursors are rows that are written every twenty pages. */
const MAX_CURSOR_CHARACTERS = 64_000;
const MAX_STATE_BYTES = 16 * 1024 * 1024;
