import { compareLists, compareSingles } from './features.ts';
import type { Aim, Features } from './features.ts';
import { lookAt } from './aim.ts';
import { repeatedGroups } from './groups.ts';
import type { PageFacts } from './page-facts.ts';
import type { Place } from './page-map.ts';

/** Elements that may be what is looked for. */
export interface Candidate {
  readonly members: readonly Place[];
  readonly values: readonly string[];
  readonly features: Features;
}

/** Everything on a page that could be the values, compared with what they were. */
export function candidatesFor(
  aim: Aim,
  page: PageFacts,
  cardinality: 'one' | 'many',
): readonly Candidate[] {
  const there = searched.get(aim);
  if (there?.page === page) return there.candidates;
  const candidates = cardinality === 'many' ? lists(aim, page) : singles(aim, page);
  searched.set(aim, { page, candidates });
  return candidates;
}

/** The last search of each aim: two strategies ask one after the other. */
const searched = new WeakMap<
  Aim,
  { readonly page: PageFacts; readonly candidates: readonly Candidate[] }
>();

export interface Ranked {
  readonly best: Candidate;
  /** That the best is right, against all others and against none. */
  readonly probability: number;
  /** Logarithm of how far it is ahead of the next that says something else, or of none. */
  readonly margin: number;
}

/** Those that say the same count as one: any of them gives the value. */
export function rank(
  candidates: readonly Candidate[],
  score: (candidate: Candidate) => number,
): Ranked | undefined {
  const distinct = new Map<string, { candidate: Candidate; utility: number }>();
  for (const candidate of candidates) {
    const key = candidate.values.join('|');
    const utility = score(candidate);
    if (utility > (distinct.get(key)?.utility ?? -Infinity))
      distinct.set(key, { candidate, utility });
  }
  const order = [...distinct.values()].toSorted((a, b) => b.utility - a.utility);
  const [best] = order;
  if (best === undefined) return undefined;
  const top = Math.max(0, best.utility);
  let pro = 0;
  let contra = Math.exp(-top);
  let second = 0;
  for (const one of order) {
    if (one === best || sameList(one.candidate.values, best.candidate.values))
      pro += Math.exp(one.utility - top);
    else {
      if (second === 0) second = Math.max(0, one.utility);
      contra += Math.exp(one.utility - top);
    }
  }
  return {
    best: best.candidate,
    probability: pro / (pro + contra),
    margin: best.utility - second,
  };
}

/** 0..1, as the gate reads it. */
export function scaledMargin({ margin }: Ranked): number {
  return Math.min(1, Math.max(0, margin / FAR));
}

/** Odds of about fifty to one. */
const FAR = 4;

/** Nearly the same values, such as a list with and without a heading of its own. */
function sameList(one: readonly string[], other: readonly string[]): boolean {
  if (one.length < 2 || other.length < 2) return one.join('|') === other.join('|');
  const [a, b] = [new Set(one), new Set(other)];
  return (
    one.filter((text) => b.has(text)).length >= 0.8 * one.length &&
    other.filter((text) => a.has(text)).length >= 0.8 * other.length
  );
}

function lists(aim: Aim, page: PageFacts): readonly Candidate[] {
  return repeatedGroups(page.map).flatMap(({ members, container, part }) => {
    const values = members.map((one) => page.item(one).bare).filter((text) => text !== '');
    if (values.length < 2) return [];
    return [
      { members, values, features: compareLists(aim, lookAt(page, members, container), part) },
    ];
  });
}

const SHORT = 300;

function singles(aim: Aim, page: PageFacts): readonly Candidate[] {
  const longest = Math.max(
    SHORT,
    ...aim.look.members.map((one) => aim.look.page.item(one).length * 4),
  );
  const head = page.map.places.find(({ tag }) => tag === 'head');
  return page.map.places.flatMap((place) => {
    if (place.index <= (head?.last ?? 0) || place.end - place.start > longest * 2) return [];
    const { bare, length } = page.item(place);
    if (bare === '' || length > longest) return [];
    const features = compareSingles(aim, lookAt(page, [place], place.parent ?? place));
    return [{ members: [place], values: [bare], features }];
  });
}
