import type { FrontierRow } from '../../../adapters/postgres/crawls.ts';
import type { Visit } from './frontier.ts';

/** Every page that a crawl knows, each once: those that wait, by their places, and those that were visited. */
export interface PageBook {
  has(id: string): boolean;
  wasVisited(id: string): boolean;
  /** Was it visited, and found to be there? */
  isThere(id: string): boolean;
  noteAbsent(id: string): void;
  size(): number;
  /** Puts a page to wait, before or behind all others, wherever it was. */
  put(visit: Visit, place: 'front' | 'end'): void;
  /** Takes the page that waits first: it counts as visited. */
  next(): Visit | undefined;
  /** Up to so many of the pages that wait first. */
  peek(count: number): readonly Visit[];
  /** Notes what the sitemap says of a page that waits already. */
  date(id: string, lastmod: string | undefined): void;
  /** Marks a page as visited without a visit of its own. */
  claim(id: string): void;
  /** Rows of the pages that changed since the last time. */
  takeChanges(): readonly FrontierRow[];
}

interface Entry {
  readonly page: number;
  visit: Visit;
  /** Null when it was visited. */
  place: number | null;
  absent: boolean;
}

/** `rows`: what a resumed crawl knows already, in the order of discovery. */
export function openPageBook(rows: readonly FrontierRow[]): PageBook {
  const entries = new Map(rows.map((row) => [row.url, toEntry(row)]));
  const waiting = openLine(entries);
  const changed = new Set<string>();
  let nextPage = rows.reduce((most, { page }) => Math.max(most, page + 1), 0);
  const entryOf = (visit: Visit): Entry => {
    const found = entries.get(visit.id);
    if (found) return found;
    const entry = { page: nextPage, visit, place: null, absent: false };
    nextPage += 1;
    entries.set(visit.id, entry);
    return entry;
  };
  const touch = (id: string): void => void changed.add(id);
  return {
    has: (id) => entries.has(id),
    wasVisited: (id) => entries.get(id)?.place === null,
    isThere(id) {
      const entry = entries.get(id);
      return entry?.place === null && !entry.absent;
    },
    noteAbsent(id) {
      const entry = entries.get(id);
      if (entry) entry.absent = true;
      touch(id);
    },
    size: () => entries.size,
    put(visit, where) {
      const entry = entryOf(visit);
      entry.visit = visit;
      entry.place = waiting.put(visit.id, where);
      touch(visit.id);
    },
    next() {
      const entry = waiting.next();
      if (entry === undefined) return undefined;
      entry.place = null;
      touch(entry.visit.id);
      return entry.visit;
    },
    peek: (count) => waiting.peek(count).map(({ visit }) => visit),
    date(id, lastmod) {
      const entry = entries.get(id);
      if (entry === undefined || entry.place === null || lastmod === undefined) return;
      entry.visit = { ...entry.visit, lastmod };
      touch(id);
    },
    claim(id) {
      entryOf({ id, depth: 0, tries: 0 }).place = null;
      touch(id);
    },
    takeChanges() {
      const rowsOfChanged = [...changed].flatMap((id) => {
        const entry = entries.get(id);
        return entry === undefined ? [] : [toRow(entry)];
      });
      changed.clear();
      return rowsOfChanged;
    },
  };
}

interface Line {
  put(id: string, where: 'front' | 'end'): number;
  next(): Entry | undefined;
  peek(count: number): readonly Entry[];
}

/** Two stacks rather than one list: taking the first of a hundred thousand would move all others. */
function openLine(entries: ReadonlyMap<string, Entry>): Line {
  const waiting = [...entries.values()].filter(isWaiting).toSorted((a, b) => a.place - b.place);
  const front: Ticket[] = [];
  let back: Ticket[] = waiting.map(({ visit, place }) => ({ id: visit.id, place }));
  let at = 0;
  let first = Math.min(0, waiting[0]?.place ?? 0) - 1;
  let last = Math.max(0, waiting.at(-1)?.place ?? 0) + 1;
  const takeBack = (): Ticket | undefined => {
    const ticket = back[at];
    at += 1;
    if (at < COMPACT_EVERY) return ticket;
    back = back.slice(at);
    at = 0;
    return ticket;
  };
  // It may have got another place in the meantime, or a redirect has led to it.
  const entryOf = ({ id, place }: Ticket): Entry | undefined => {
    const entry = entries.get(id);
    return entry?.place === place ? entry : undefined;
  };
  return {
    peek(count) {
      const found: Entry[] = [];
      const take = (ticket: Ticket | undefined): void => {
        const entry = ticket && entryOf(ticket);
        if (entry) found.push(entry);
      };
      for (let index = front.length - 1; index >= 0 && found.length < count; index -= 1)
        take(front[index]);
      for (let index = at; index < back.length && found.length < count; index += 1)
        take(back[index]);
      return found;
    },
    put(id, where) {
      const place = where === 'front' ? first-- : last++;
      (where === 'front' ? front : back).push({ id, place });
      return place;
    },
    next() {
      for (let ticket = front.pop() ?? takeBack(); ticket; ticket = front.pop() ?? takeBack()) {
        const entry = entryOf(ticket);
        if (entry) return entry;
      }
      at = Math.min(at, back.length);
      return undefined;
    },
  };
}

interface Ticket {
  readonly id: string;
  readonly place: number;
}

const COMPACT_EVERY = 1000;

function isWaiting(entry: Entry): entry is Entry & { place: number } {
  return entry.place !== null;
}

function toEntry({
  page,
  url,
  depth,
  tries,
  place,
  absent,
  listUrl,
  listPage,
  lastmod,
}: FrontierRow): Entry {
  const isListed = listUrl !== null && listPage !== null;
  const list = isListed ? { list: { id: listUrl, page: listPage } } : {};
  return {
    page,
    visit: { id: url, depth, tries, ...list, ...(lastmod === null ? {} : { lastmod }) },
    place,
    absent,
  };
}

function toRow({ page, visit, place, absent }: Entry): FrontierRow {
  const { id: url, depth, tries, list, lastmod = null } = visit;
  return {
    page,
    url,
    depth,
    tries,
    place,
    absent,
    listUrl: list?.id ?? null,
    listPage: list?.page ?? null,
    lastmod,
  };
}
