import { relatedTermsOf, termsOf } from './terms.ts';

/** What can be found: a document's passages, and the words that are searched with each of them (such as its title). */
export interface Searchable {
  readonly passages: readonly string[];
  readonly embedded: readonly string[];
}

export interface Hit<D extends Searchable> {
  readonly document: D;
  /** Index into `document.passages`. */
  readonly passage: number;
  /** 0..1: the share of the best score that the question could reach. */
  readonly score: number;
}

/** Passages in memory, found by their words (Okapi BM25). */
export interface PassageIndex<D extends Searchable> {
  /** Adds the document, or replaces the one with the same key. */
  put(key: string, document: D): void;
  remove(key: string): void;
  /** Best first; equal scores in the order of keys and passages. Only passages that `accepts` lets pass. */
  search(question: string, accepts: (document: D, passage: number) => boolean): readonly Hit<D>[];
}

export function createPassageIndex<D extends Searchable>(): PassageIndex<D> {
  let store = createStore<D>();
  function remove(key: string): void {
    for (const slot of store.slotsOf.get(key) ?? []) forget(store, slot);
    store.slotsOf.delete(key);
    if (store.dead > MIN_DEAD_PASSAGES && store.dead > store.live) store = compacted(store);
  }
  return {
    put(key, document) {
      remove(key);
      const slots = document.passages.map((_, passage) => add(store, { key, document, passage }));
      store.slotsOf.set(key, slots);
    },
    remove,
    search: (question, accepts) => search(store, question, accepts),
  };
}

/** BM25: how fast repetitions saturate, and how much a long passage is held back. */
const K1 = 1.2;
const B = 0.6;

/** A related word counts, but never as much as the word itself. */
const RELATED_WEIGHT = 0.4;

/** How much of a passage's score comes from the whole document that it stands in. */
const DOCUMENT_SHARE = 0.25;

/** Below this there is nothing to gain from building the index again. */
const MIN_DEAD_PASSAGES = 1000;

interface Slot<D> {
  readonly key: string;
  readonly document: D;
  readonly passage: number;
}

interface Postings {
  /** Slot numbers, ascending, and how often the term is in each. */
  readonly slots: number[];
  readonly counts: number[];
  live: number;
}

interface Store<D> {
  readonly slots: (Slot<D> | undefined)[];
  readonly lengths: number[];
  readonly slotsOf: Map<string, readonly number[]>;
  readonly postings: Map<string, Postings>;
  live: number;
  dead: number;
  totalLength: number;
}

function createStore<D>(): Store<D> {
  return {
    slots: [],
    lengths: [],
    slotsOf: new Map(),
    postings: new Map(),
    live: 0,
    dead: 0,
    totalLength: 0,
  };
}

function add<D extends Searchable>(store: Store<D>, slot: Slot<D>): number {
  const number = store.slots.push(slot) - 1;
  const terms = termsOfSlot(slot);
  store.lengths.push(terms.length);
  for (const [term, count] of counted(terms)) {
    const postings = postingsOf(store, term);
    postings.slots.push(number);
    postings.counts.push(count);
    postings.live += 1;
  }
  store.live += 1;
  store.totalLength += terms.length;
  return number;
}

/** The postings stay until the index is compacted; the counts that scores depend on are right at once. */
function forget<D extends Searchable>(store: Store<D>, number: number): void {
  const slot = store.slots[number];
  if (!slot) return;
  for (const term of new Set(termsOfSlot(slot))) postingsOf(store, term).live -= 1;
  store.slots[number] = undefined;
  store.live -= 1;
  store.dead += 1;
  store.totalLength -= store.lengths[number] ?? 0;
}

function compacted<D extends Searchable>(old: Store<D>): Store<D> {
  const store = createStore<D>();
  for (const [key, numbers] of old.slotsOf) {
    const slots = numbers.flatMap((number) => old.slots[number] ?? []);
    store.slotsOf.set(
      key,
      slots.map((slot) => add(store, slot)),
    );
  }
  return store;
}

function search<D extends Searchable>(
  store: Store<D>,
  question: string,
  accepts: (document: D, passage: number) => boolean,
): readonly Hit<D>[] {
  const { scores, best } = scored(store, question);
  const hits: Hit<D>[] = [];
  for (const [number, score] of withDocumentShare(store, scores)) {
    const slot = store.slots[number];
    if (slot && accepts(slot.document, slot.passage))
      hits.push({ ...slot, score: Math.min(1, score / best) });
  }
  return hits.toSorted((a, b) => b.score - a.score);
}

/** Scores by slot number, and the score of an imaginary passage that is all about the question. */
function scored<D>(
  store: Store<D>,
  question: string,
): { readonly scores: ReadonlyMap<number, number>; readonly best: number } {
  const scores = new Map<number, number>();
  const average = store.totalLength / Math.max(1, store.live);
  let best = 0;
  for (const [term, weight] of weighted(question)) {
    const postings = store.postings.get(term);
    const rarity = rarityOf(postings?.live ?? 0, store.live);
    if (weight === 1) best += rarity * (K1 + 1);
    postings?.slots.forEach((number, index) => {
      const held = K1 * (1 - B + (B * (store.lengths[number] ?? 0)) / average);
      const count = postings.counts[index] ?? 0;
      const gain = weight * rarity * ((count * (K1 + 1)) / (count + held));
      scores.set(number, (scores.get(number) ?? 0) + gain);
    });
  }
  return { scores, best: Math.max(best, Number.EPSILON) };
}

/** Terms of the question with weight 1, words related to them with less. A repeated word counts once. */
function weighted(question: string): ReadonlyMap<string, number> {
  const terms = new Set(termsOf(question));
  const related = [...terms].flatMap((term) => relatedTermsOf(term));
  return new Map([
    ...related.map((term) => [term, RELATED_WEIGHT] as const),
    ...[...terms].map((term) => [term, 1] as const),
  ]);
}

/** Lucene's form of the inverse document frequency: never negative. */
function rarityOf(withTerm: number, all: number): number {
  return Math.log(1 + (all - withTerm + 0.5) / (withTerm + 0.5));
}

/** A passage of a document whose other passages answer as well stands before one that matches by chance. */
function withDocumentShare<D>(
  store: Store<D>,
  scores: ReadonlyMap<number, number>,
): readonly (readonly [number, number])[] {
  const bestOfDocument = new Map<D, number>();
  for (const [number, score] of scores) {
    const document = store.slots[number]?.document;
    if (!document) continue;
    bestOfDocument.set(document, Math.max(score, bestOfDocument.get(document) ?? 0));
  }
  return [...scores].map(([number, score]) => {
    const document = store.slots[number]?.document;
    const best = (document && bestOfDocument.get(document)) ?? score;
    return [number, (1 - DOCUMENT_SHARE) * score + DOCUMENT_SHARE * best] as const;
  });
}

function termsOfSlot({ document, passage }: Slot<Searchable>): readonly string[] {
  return termsOf([...document.embedded, document.passages[passage] ?? ''].join('\n'));
}

function counted(terms: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function postingsOf<D>(store: Store<D>, term: string): Postings {
  const known = store.postings.get(term);
  if (known) return known;
  const fresh: Postings = { slots: [], counts: [], live: 0 };
  store.postings.set(term, fresh);
  return fresh;
}
