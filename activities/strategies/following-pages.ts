import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { TriedBody } from '../../workflows/repair/spec-checks.ts';

/** Failing pages that led nowhere, and how many of them lead on now. */
export interface FollowingPages {
  readonly lost: number;
  readonly found: number;
}

/** What a change of `next` brings; undefined when a candidate does not touch it. That a list goes on is no field, so no field says it. */
export function followingPages(
  bodies: readonly TriedBody[],
  before: ExtractionSpec,
  after: ExtractionSpec,
): FollowingPages | undefined {
  if (JSON.stringify(before.next) === JSON.stringify(after.next)) return undefined;
  const lost = bodies.filter((body) => body.role === 'failing' && body.before.next === undefined);
  return { lost: lost.length, found: lost.filter((body) => body.after.next !== undefined).length };
}
