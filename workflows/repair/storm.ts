/** What several breaks at once have in common: then it is one cause, probably ours. A release is a revision of the definitions. */
export type StormScope = 'host' | 'failure' | 'release';

/** More breaks than this … */
const STORM_BREAKS = 5;
/** … within this time are one systemic incident. */
export const STORM_WITHIN_MS = 600_000;
/** Failures have stopped when none came for so long: the hold ends by itself. */
export const STORM_OVER_MS = 1_800_000;
/** Only so soon after it was applied a revision is suspected. */
export const RELEASE_FRESH_MS = 3_600_000;

/** Breaks of one scope, opened within the time of a storm, the newest with them. */
export function isStorm(breaks: number): boolean {
  return breaks > STORM_BREAKS;
}

/** One sentence for people. */
export function stormText(scope: StormScope, key: string, breaks: number): string {
  const common = {
    host: `of host "${key}"`,
    failure: `by "${key}"`,
    release: `since revision ${key} was applied`,
  }[scope];
  return `${breaks} breaks ${common} within ${STORM_WITHIN_MS / 60_000} minutes are one systemic incident. Repairs of them wait.`;
}
