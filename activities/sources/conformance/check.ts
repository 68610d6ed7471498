import type { Trial } from './trial.ts';

export type CheckGroup = 'spec' | 'check' | 'discover' | 'read' | 'schedule';

/** One thing that a source type promises, and how it is tried. */
export interface Check {
  /** `<group>.<word>`: stable, for reports and for `unfit`. */
  readonly id: string;
  readonly group: CheckGroup;
  /** The promise as a sentence without a full stop. */
  readonly title: string;
  /** Checks without which this one would only repeat the same fault: where one has not passed, this is skipped. */
  readonly needs?: readonly string[];
  run(trial: Trial): Promise<Outcome> | Outcome;
}

export type Outcome =
  | { readonly verdict: 'pass'; readonly note?: string }
  | { readonly verdict: 'fail'; readonly detail: string; readonly remedy: string }
  | { readonly verdict: 'skipped'; readonly reason: string };

export function pass(note?: string): Outcome {
  return { verdict: 'pass', ...(note === undefined ? {} : { note }) };
}

export function fail(detail: string, remedy: string): Outcome {
  return { verdict: 'fail', detail, remedy };
}

export function skipped(reason: string): Outcome {
  return { verdict: 'skipped', reason };
}

/** Fails with the first faults, or passes where there are none. */
export function passUnless(faults: readonly string[], remedy: string, note?: string): Outcome {
  if (faults.length === 0) return pass(note);
  const more = faults.length > SHOWN ? ` And ${faults.length - SHOWN} more.` : '';
  return fail(`${faults.slice(0, SHOWN).join(' ')}${more}`, remedy);
}

const SHOWN = 3;

/** Some ids for a sentence. */
export function quoted(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN).map((id) => JSON.stringify(id.slice(0, 120)));
  const more = ids.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
