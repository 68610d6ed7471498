import type { Estimate } from './measure/statistics.ts';

/** One bench: what it is called, what it does, and how. */
export interface Bench {
  readonly name: string;
  readonly summary: string;
  run(options: BenchOptions): Promise<Report>;
}

export interface BenchOptions {
  /** Small sizes: the counts are exact all the same, times mean nothing. */
  readonly quick: boolean;
  /** Rows of the main size, where the bench has one. */
  readonly rows?: number;
  /** Pairs of runs, the first of which is dropped. */
  readonly pairs?: number;
  /** Latencies measured for each side, where the bench has some. */
  readonly samples?: number;
  /** Things that wait at once, where the bench has some. */
  readonly count?: number;
  /** Folder of cases, where the bench reads some. */
  readonly cases?: string;
  /** Is told what goes on. */
  readonly say: (line: string) => void;
}

/** What a bench found, good or bad. */
export interface Report {
  readonly settings: Readonly<Record<string, string | number>>;
  /** Name and version of every server, and of every peer, that took part. */
  readonly servers: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
  readonly goals: readonly Goal[];
  /** What a reader has to know to read the figures rightly. */
  readonly notes: readonly string[];
  /** What `--json` prints instead of all this, where a bench has a form of its own. */
  readonly document?: Readonly<Record<string, unknown>>;
}

export interface Figure {
  readonly group: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Ends of the 90 % interval. */
  readonly interval?: readonly [number, number];
}

export interface Goal {
  readonly what: string;
  readonly wanted: string;
  readonly measured: number;
  readonly met: boolean;
}

/** A goal that is met from below: no more than so many. */
export function atMost(what: string, measured: number, limit: number, unit = ''): Goal {
  return {
    what,
    wanted: `at most ${limit}${unit}`,
    measured: rounded(measured),
    met: measured <= limit,
  };
}

/** A goal that is met from above. */
export function atLeast(what: string, measured: number, limit: number): Goal {
  return { what, wanted: `at least ${limit}`, measured: rounded(measured), met: measured >= limit };
}

export function figure(group: string, what: string, value: number, unit: string): Figure {
  return { group, what, value: rounded(value), unit };
}

export function ratioFigure(group: string, what: string, { value, low, high }: Estimate): Figure {
  return { group, what, value: rounded(value), unit: '×', interval: [rounded(low), rounded(high)] };
}

/** Counts by name as figures of one group. */
export function countFigures(
  group: string,
  counts: Readonly<Record<string, number>>,
  unit: string,
): readonly Figure[] {
  return Object.entries(counts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, count]) => figure(group, what, count, unit));
}

/** Three digits that mean something; whole numbers stay whole. */
function rounded(value: number): number {
  return Number.isInteger(value) || Math.abs(value) >= 1000
    ? Math.round(value)
    : Number(value.toPrecision(3));
}
