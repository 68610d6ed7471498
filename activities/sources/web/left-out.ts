import { z } from 'zod';
import { placeOf } from './page-id.ts';

/** Why a link within the scope is not followed. */
const LEFT_OUT_REASONS = ['depth', 'pages', 'variants', 'equal text'] as const;
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

const Noted = z.strictObject({ count: z.int(), examples: z.array(z.string()) });

/** How many were left out for each reason, and the first of them. */
export const LeftOutNotes = z.partialRecord(z.enum(LEFT_OUT_REASONS), Noted);
type LeftOutNotes = z.infer<typeof LeftOutNotes>;

/** Links that a crawl has met and will not visit. */
export interface LeftOut {
  /** Notes it once. True if it was not noted before. */
  add(id: string, reason: LeftOutReason): boolean;
  /** It is visited after all: another page led to it sooner. */
  remove(id: string): void;
  toNotes(): LeftOutNotes;
}

/**
 * Counts each address once while there are few; beyond the bound of its memory it counts no more. After a resume the count goes on from
 * where it was, and an address met again may be counted twice.
 */
export function createLeftOut(notes: LeftOutNotes): LeftOut {
  const before = new Map(Object.entries(notes));
  const added = new Map<string, LeftOutReason>();
  const remembered = new Set(Object.values(notes).flatMap(({ examples }) => examples));
  return {
    add(id, reason) {
      if (added.has(id) || remembered.has(id) || added.size >= MAX_REMEMBERED) return false;
      added.set(id, reason);
      return true;
    },
    remove: (id) => void added.delete(id),
    toNotes: () => merged(before, added),
  };
}

function merged(
  before: ReadonlyMap<string, z.infer<typeof Noted>>,
  added: ReadonlyMap<string, LeftOutReason>,
): LeftOutNotes {
  const notes: LeftOutNotes = {};
  for (const reason of LEFT_OUT_REASONS) {
    const earlier = before.get(reason);
    const ids = [...added].flatMap(([id, because]) => (because === reason ? [id] : []));
    const count = (earlier?.count ?? 0) + ids.length;
    if (count === 0) continue;
    notes[reason] = {
      count,
      examples: [...(earlier?.examples ?? []), ...ids].slice(0, MAX_EXAMPLES),
    };
  }
  return notes;
}

/** One sentence for the note of the run: how many links were left out by the bounds of the configuration, and the first ones. */
export function leftOutSentence(notes: LeftOutNotes): string | undefined {
  const parts = LEFT_OUT_REASONS.flatMap((reason) => {
    const noted = notes[reason];
    return noted === undefined
      ? []
      : [`${counted(noted.count)} ${BECAUSE[reason]} (${named(noted.examples, noted.count)})`];
  });
  return parts.length === 0 ? undefined : `Left out: ${parts.join('; ')}.`;
}

function counted(count: number): string {
  const atLeast = count >= MAX_REMEMBERED ? 'at least ' : '';
  return `${atLeast}${count} ${count === 1 ? 'page' : 'pages'}`;
}

function named(examples: readonly string[], count: number): string {
  const shown = [...new Set(examples.map(placeOf))].map((id) => `"${id.slice(0, 120)}"`);
  return `${shown.join(', ')}${count > examples.length ? ', …' : ''}`;
}

const BECAUSE: Readonly<Record<LeftOutReason, string>> = {
  depth: 'deeper than "follow.maxDepth"',
  pages: 'beyond "follow.maxPages"',
  variants: 'that are too many variants of one path',
  'equal text': 'among others of equal text',
};

const MAX_REMEMBERED = 10_000;
const MAX_EXAMPLES = 3;
