import {
  NO_TALLY,
  type FieldTally,
  type RunSummary,
} from '../../../workflows/repair/run-summary.ts';

/** A good run of a source with one extraction, but for what a test says. */
export function runSummary(overrides: Partial<RunSummary> = {}): RunSummary {
  const records = overrides.records ?? 100;
  return {
    ...NO_TALLY,
    run: 'collect:docs-1',
    status: 'succeeded',
    trigger: 'schedule',
    endedAtMs: 0,
    specDigest: 'spec-1',
    pages: 10,
    records,
    fields: [fieldTally({ present: records })],
    ...overrides,
  };
}

export function fieldTally(overrides: Partial<FieldTally> = {}): FieldTally {
  const { present = 100 } = overrides;
  return {
    name: 'price',
    required: false,
    present,
    missing: 0,
    empty: 0,
    served: [present],
    violations: {},
    forms: { '9.9': present },
    ...overrides,
  };
}

/** Runs whose field "price" is empty at these rates of 100 records, newest first. */
export function runsWithEmptiness(rates: readonly number[], records = 100): RunSummary[] {
  return rates.map((rate) => emptyAt(rate, records));
}

export function emptyAt(rate: number, records = 100, required = false): RunSummary {
  const missing = Math.round(rate * records);
  return runSummary({
    records,
    fields: [fieldTally({ present: records - missing, missing, required })],
  });
}
