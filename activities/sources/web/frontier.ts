import { packState, unpackState, type CrawlCursor, type Queued } from './crawl-cursor.ts';
import { createBounds, type FrontierLimits } from './frontier-bounds.ts';

/** What is still to be visited, in the order of discovery, and what was. */
export interface Frontier {
  /** Adds a page unless it is known already or a bound is reached; a bound makes the listing incomplete. */
  add(id: string, depth: number): void;
  /** Puts the following page of a list first, however many pages there are. Does nothing if it was visited: the list leads back. */
  addNext(id: string, depth: number, list: ListPlace): void;
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
  /** The list that it continues. */
  readonly list?: ListPlace;
}

export interface ListPlace {
  /** The address where the list begins: records are named after it, since they move from page to page while the list grows. */
  readonly id: string;
  /** From 1. */
  readonly page: number;
}

/** How the crawl went so far, over all its attempts. */
interface CrawlResult {
  /** At least one page was read, confirmed or left out by its own wish. */
  readonly anyOk: boolean;
  readonly firstFailure?: { readonly failure: string; readonly detail: string };
}

/** @throws InvalidConfig - the cursor cannot be read. */
export function createFrontier(limits: FrontierLimits, from: CrawlCursor | null): Frontier {
  const state = unpackState(from);
  const queue = state.queue;
  const visited = new Set(state.visited);
  const queued = new Set(queue.map(([id]) => id));
  const bounds = createBounds(limits, [...visited, ...queued]);
  const absent = new Set(state.absent);
  const hidden = new Set(state.hidden);
  let { anyOk, firstFailure } = state;
  let unmeasured = 0;
  const toCursor = (): CrawlCursor =>
    packState({
      queue: queue.filter(([id]) => queued.has(id)),
      visited: [...visited],
      absent: [...absent],
      hidden: [...hidden],
      anyOk,
      ...(firstFailure ? { firstFailure } : {}),
    });
  const hide = (why: string): void => void (hidden.size < MAX_REASONS && hidden.add(why));
  const pages = (): number => visited.size + queued.size;
  /** Packing tells the true size, but takes milliseconds: only after much was added. */
  const noteAdded = (id: string): void => {
    queued.add(id);
    bounds.count(id);
    unmeasured += id.length;
    if (unmeasured < MEASURE_EVERY) return;
    unmeasured = 0;
    if (toCursor().packed.length > MAX_CURSOR_CHARACTERS) bounds.close();
  };
  return {
    add(id, depth) {
      if (visited.has(id) || queued.has(id)) return;
      const because = bounds.whyNot(id, pages());
      if (because !== undefined) return hide(because);
      queue.push([id, depth, 0]);
      noteAdded(id);
    },
    addNext(id, depth, list) {
      if (visited.has(id)) return;
      const because = bounds.whyNotNext();
      if (because !== undefined) return hide(because);
      queue.unshift(toQueued({ id, depth, tries: 0, list }));
      noteAdded(id);
    },
    next() {
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        // A redirect or a list may have led to it in the meantime.
        const fresh = queued.delete(entry[0]);
        if (!fresh) continue;
        visited.add(entry[0]);
        return toVisit(entry);
      }
      return undefined;
    },
    again(visit, place) {
      visited.delete(visit.id);
      queued.add(visit.id);
      if (place === 'front') queue.unshift(toQueued(visit));
      else queue.push(toQueued(visit));
    },
    putBefore(id, visit) {
      if (visited.has(id) || (pages() >= limits.maxPages && !queued.has(id))) return false;
      visited.delete(visit.id);
      // Entries of the same page further behind are skipped when their turn comes.
      for (const one of [id, visit.id]) queued.add(one);
      queue.unshift([id, visit.depth, 0], toQueued(visit));
      return true;
    },
    wasVisited: (id) => visited.has(id),
    isThere: (id) => visited.has(id) && !absent.has(id),
    noteAbsent: (id) => void absent.add(id),
    claim(id) {
      queued.delete(id);
      visited.add(id);
    },
    hide,
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

function toQueued({ id, depth, tries, list }: Visit): Queued {
  return list === undefined ? [id, depth, tries] : [id, depth, tries, list.id, list.page];
}

function toVisit([id, depth, tries, listId, page]: Queued): Visit {
  const isListed = listId !== undefined && page !== undefined;
  return { id, depth, tries, ...(isListed ? { list: { id: listId, page } } : {}) };
}

const MAX_REASONS = 20;
const MEASURE_EVERY = 20_000;
/** Cursors are rows that are written every few pages. */
const MAX_CURSOR_CHARACTERS = 64_000;
