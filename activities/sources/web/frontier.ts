import type { FrontierRow } from '../../../adapters/postgres/crawls.ts';
import type { CrawlNotes } from './crawl-notes.ts';
import { createBounds, type Bound, type FrontierLimits } from './frontier-bounds.ts';
import { createLeftOut, type LeftOutReason } from './left-out.ts';
import { openPageBook } from './page-book.ts';
import { createTextClusters } from './text-clusters.ts';

/** What is still to be visited, in the order of discovery, and what was. */
export interface Frontier {
  /** Adds a page unless it is known already or a bound is reached; a bound makes the listing incomplete. */
  add(id: string, depth: number, lastmod?: string): void;
  /** Puts the following page of a list first, however many pages there are. Does nothing if it was visited: the list leads back. */
  addNext(id: string, depth: number, list: ListPlace): void;
  next(): Visit | undefined;
  /** Up to so many of those that come next, as long as nothing is put before them. */
  peek(count: number): readonly Visit[];
  /** Puts a page back: to the end for another try, or to the front because something must come before it. */
  again(visit: Visit, place: 'front' | 'end'): void;
  /** Marks a page that another address led to. */
  claim(id: string): void;
  wasVisited(id: string): boolean;
  /**
   * Puts `id` first and `visit` back behind it. Does nothing and says false if `id` was visited, waits itself for another page that is to be
   * read first, or there is no room for it.
   */
  putBefore(id: string, visit: Visit): boolean;
  /** Was it visited, and found to be there? */
  isThere(id: string): boolean;
  noteAbsent(id: string): void;
  /** Notes a link within the scope that the configuration leaves out: no reason to call the listing incomplete. */
  leaveOut(id: string, reason: LeftOutReason): void;
  /** Notes the text of a page that was read: many equal ones of one shape close that shape. */
  noteText(id: string, textHash: string): void;
  /** Why pages of this shape are visited no more. */
  whyClosed(id: string): string | undefined;
  /** Notes why links or pages may be missing. */
  hide(why: string): void;
  /** Why the listing is not complete; empty if it is. */
  readonly hidden: readonly string[];
  readonly result: CrawlResult;
  noteOk(): void;
  noteFailure(failure: string, detail: string): void;
  toNotes(): CrawlNotes;
  /** The pages that changed since the last time. */
  takeRows(): readonly FrontierRow[];
  /** The links that were left out since the last time, the first thousands of them. */
  takeLeftOut(): readonly { readonly id: string; readonly reason: LeftOutReason }[];
}

export interface Visit {
  readonly id: string;
  readonly depth: number;
  /** Times that it was tried before. */
  readonly tries: number;
  /** The list that it continues. */
  readonly list?: ListPlace;
  /** What the sitemap says of its last change, as written. */
  readonly lastmod?: string;
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

export interface CrawlState {
  readonly notes: CrawlNotes;
  /** In the order of discovery. */
  readonly rows: readonly FrontierRow[];
}

export function createFrontier(limits: FrontierLimits, { notes, rows }: CrawlState): Frontier {
  const book = openPageBook(rows);
  const bounds = createBounds(limits);
  for (const { url } of rows) bounds.count(url);
  const hidden = new Set(notes.hidden);
  const leftOut = createLeftOut(notes.leftOut);
  const clusters = createTextClusters(notes.clusters);
  let { anyOk, firstFailure } = notes;
  // Pages that name one another in a circle would wait for each other for ever.
  const putBack = new Set<string>();
  let newlyLeftOut: { id: string; reason: LeftOutReason }[] = [];
  const hide = (why: string): void => void (hidden.size < MAX_REASONS && hidden.add(why));
  const leaveOut = (id: string, reason: LeftOutReason): void => {
    const isVisited = reason !== 'equal text' && book.has(id);
    if (!isVisited && leftOut.add(id, reason)) newlyLeftOut.push({ id, reason });
  };
  const refuse = (id: string, { reason, why }: Bound): void => {
    leaveOut(id, reason);
    hide(why);
  };
  const noteAdded = (id: string): void => {
    leftOut.remove(id);
    bounds.count(id);
  };
  return {
    add(id, depth, lastmod) {
      if (book.has(id)) return book.date(id, lastmod);
      const closed = clusters.whyNot(id);
      const bound = closed
        ? ({ reason: 'equal text', why: closed } as const)
        : bounds.whyNot(id, book.size());
      if (bound !== undefined) return refuse(id, bound);
      book.put({ id, depth, tries: 0, ...(lastmod === undefined ? {} : { lastmod }) }, 'end');
      noteAdded(id);
    },
    addNext(id, depth, list) {
      if (book.wasVisited(id)) return;
      const bound = bounds.whyNotNext();
      if (bound !== undefined) return refuse(id, bound);
      if (!book.has(id)) noteAdded(id);
      book.put({ id, depth, tries: 0, list }, 'front');
    },
    next: () => book.next(),
    peek: (count) => book.peek(count),
    again: (visit, place) => book.put(visit, place),
    putBefore(id, visit) {
      const isNew = !book.has(id);
      if (book.wasVisited(id) || putBack.has(id)) return false;
      if (isNew && book.size() >= limits.maxPages) return false;
      if (isNew) noteAdded(id);
      putBack.add(visit.id);
      book.put(visit, 'front');
      book.put({ id, depth: visit.depth, tries: 0 }, 'front');
      return true;
    },
    claim: (id) => book.claim(id),
    wasVisited: (id) => book.wasVisited(id),
    isThere: (id) => book.isThere(id),
    noteAbsent: (id) => book.noteAbsent(id),
    leaveOut,
    noteText: (id, textHash) => clusters.note(id, textHash),
    whyClosed: (id) => clusters.whyNot(id),
    hide,
    get hidden() {
      return [...hidden];
    },
    get result() {
      return { anyOk, ...(firstFailure ? { firstFailure } : {}) };
    },
    noteOk: () => void (anyOk = true),
    noteFailure: (name, detail) => void (firstFailure ??= { failure: name, detail }),
    toNotes: () => ({
      hidden: [...hidden],
      anyOk,
      ...(firstFailure ? { firstFailure } : {}),
      leftOut: leftOut.toNotes(),
      clusters: clusters.toNotes(),
    }),
    takeRows: () => book.takeChanges(),
    takeLeftOut() {
      const taken = newlyLeftOut;
      newlyLeftOut = [];
      return taken;
    },
  };
}

const MAX_REASONS = 20;
