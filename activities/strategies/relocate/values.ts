import type { Aim } from './features.ts';
import type { Candidate } from './search.ts';
import type { PageFacts } from './page-facts.ts';
import type { Place } from './page-map.ts';
import { likeness } from './words.ts';

/** How far the old values stand in a candidate again. */
export interface Overlap {
  /** Of the old values, how much is there. */
  readonly recall: number;
  /** Of what is there, how much was an old value. */
  readonly precision: number;
  /** Share of old values that are there letter by letter. */
  readonly exact: number;
}

/** Compares with the old values; each element is compared once, however many candidates hold it. */
export function overlaps(aim: Aim, page: PageFacts): (candidate: Candidate) => Overlap {
  const old = aim.look.members.map((one) => aim.look.page.item(one));
  const known = new Map<Place, readonly number[]>();
  const row = (place: Place): readonly number[] => {
    const there = known.get(place);
    if (there !== undefined) return there;
    const item = page.item(place);
    const made = old.map((one) => {
      if (one.bare === item.bare) return 1;
      const far = item.length > 3 * one.length + 20 || one.length > 3 * item.length + 20;
      return far ? 0 : likeness(one.words, item.words) * ALMOST;
    });
    known.set(place, made);
    return made;
  };
  return ({ members }) => {
    const rows = members.map(row);
    const best = old.map((_, at) => Math.max(0, ...rows.map((one) => one[at] ?? 0)));
    return {
      recall: mean(best),
      precision: mean(rows.map((one) => Math.max(0, ...one))),
      exact: mean(best.map((one) => (one === 1 ? 1 : 0))),
    };
  };
}

const ALMOST = 0.97;

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
