import type { ScheduleFacts, Schedules } from '../../adapters/temporal/schedules.ts';

export interface FakeSchedules {
  readonly schedules: Schedules;
  /** What a person or Temporal did to the one schedule. */
  set(state: { readonly paused: boolean; readonly note: string }): void;
  readonly state: { readonly paused: boolean; readonly note: string };
  /** `pause <note>` and `unpause <note>`, in order. */
  readonly writes: readonly string[];
  /** The next calls fail with this; undefined heals it. */
  breakWith(error: Error | undefined): void;
}

/** One schedule that runs, is paused and let run; whatever else is asked of it is a mistake. */
export function fakeSchedules(): FakeSchedules {
  let state = { paused: false, note: 'managed:enabled' };
  let broken: Error | undefined;
  const writes: string[] = [];
  const refuse = (): never => {
    throw new Error('Only describe, pause and unpause are expected here.');
  };
  const write = async (paused: boolean, note: string): Promise<void> => {
    if (broken) throw broken;
    writes.push(`${paused ? 'pause' : 'unpause'} ${note}`);
    state = { paused, note };
  };
  const describe = async (id: string): Promise<ScheduleFacts> => {
    if (broken) throw broken;
    const facts = { nextRuns: [], recentRuns: [], running: [], skippedOverlaps: 0 };
    return { id, hash: 'x', ...state, ...facts, missedCatchups: 0, owned: {} };
  };
  return {
    schedules: {
      list: refuse,
      apply: refuse,
      trigger: refuse,
      backfill: refuse,
      describe,
      pause: (_, note) => write(true, note),
      unpause: (_, note) => write(false, note),
    },
    set: (next) => (state = next),
    get state() {
      return state;
    },
    writes,
    breakWith: (error) => (broken = error),
  };
}
