import type { DriftCase, Kind } from './cases.ts';
import { KINDS } from './cases.ts';

/** What became of one case. */
export interface Outcome {
  readonly case: DriftCase;
  readonly verdict: Verdict;
  /** What the extraction yields in the end. */
  readonly values: readonly string[];
  readonly strategy?: string;
  readonly css?: string;
  /** The number that orders the outcomes from sure to unsure; there when the repair acted. */
  readonly confidence?: number;
  readonly because?: string;
  readonly ms: number;
}

export type Verdict = 'recovered' | 'abstained' | 'wrong';

export type Counts = Readonly<Record<Verdict, number>>;

/** Leaving alone counts as abstained, which is right where nothing is broken or nothing is there. */
export function verdictOf(
  { kind, list, truth }: DriftCase,
  acted: boolean,
  values: readonly string[],
): Verdict {
  if (!acted) return 'abstained';
  return kind !== 'gone' && isRight(values, truth, list) ? 'recovered' : 'wrong';
}

/** Letters and digits alone: one value equal, a list with precision and recall of at least 0.8. */
export function isRight(
  values: readonly string[],
  truth: readonly string[],
  list: boolean,
): boolean {
  const [found, wanted] = [values.map(letters), truth.map(letters)];
  if (!list) return found[0] !== undefined && found[0] === wanted[0];
  return share(found, new Set(wanted)) >= ENOUGH && share(wanted, new Set(found)) >= ENOUGH;
}

const ENOUGH = 0.8;

function letters(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function share(texts: readonly string[], among: ReadonlySet<string>): number {
  return texts.length === 0 ? 0 : texts.filter((text) => among.has(text)).length / texts.length;
}

export function countVerdicts(outcomes: readonly Outcome[]): Counts {
  const count = (verdict: Verdict): number =>
    outcomes.filter((one) => one.verdict === verdict).length;
  return { recovered: count('recovered'), abstained: count('abstained'), wrong: count('wrong') };
}

export function ofKind(outcomes: readonly Outcome[], kind: Kind): readonly Outcome[] {
  return outcomes.filter((one) => one.case.kind === kind);
}

/** Of those that acted, the share that was right; 1 when none did. */
function precisionOf({ recovered, wrong }: Counts): number {
  return recovered + wrong === 0 ? 1 : recovered / (recovered + wrong);
}

/** How many would be recovered, and how many wrong, if only the surest were acted on. */
export interface CurvePoint {
  readonly confidence: number;
  readonly coverage: number;
  readonly risk: number;
}

/** Over everything that should be found or left alone; `gone` counts as risk alone. */
function riskCoverage(outcomes: readonly Outcome[]): readonly CurvePoint[] {
  const findable = outcomes.filter(
    ({ case: { kind } }) => kind === 'broken' || kind === 'changed',
  ).length;
  const acted = outcomes
    .flatMap(({ confidence, verdict }) =>
      confidence === undefined ? [] : [{ confidence, verdict }],
    )
    .toSorted((a, b) => b.confidence - a.confidence);
  const points: CurvePoint[] = [];
  let wrong = 0;
  for (const [at, { confidence, verdict }] of acted.entries()) {
    if (verdict === 'wrong') wrong += 1;
    if (acted[at + 1]?.confidence === confidence) continue;
    points.push({
      confidence: round(confidence),
      coverage: round((at + 1 - wrong) / Math.max(1, findable)),
      risk: round(wrong / (at + 1)),
    });
  }
  return points;
}

function round(value: number): number {
  return Number(value.toFixed(4));
}

/** The whole of it as one document. */
export function driftDocument(outcomes: readonly Outcome[]): Readonly<Record<string, unknown>> {
  const kinds = Object.fromEntries(
    KINDS.map((kind) => [kind, countVerdicts(ofKind(outcomes, kind))]),
  );
  const broken = ofKind(outcomes, 'broken');
  const same = (one: Outcome): boolean => isRight(one.case.good, one.case.truth, one.case.list);
  const fields = [...new Set(outcomes.map((one) => one.case.field))].toSorted();
  return {
    ...kinds,
    medianMs: Number(medianMs(outcomes).toFixed(1)),
    perField: Object.fromEntries(
      fields.map((field) => [field, kindsOf(outcomes.filter((one) => one.case.field === field))]),
    ),
    brokenByGoodEqualsTruth: {
      equal: countVerdicts(broken.filter(same)),
      different: countVerdicts(broken.filter((one) => !same(one))),
    },
    precision: Object.fromEntries(
      (['broken', 'changed'] as const).map((kind) => [
        kind,
        round(precisionOf(countVerdicts(ofKind(outcomes, kind)))),
      ]),
    ),
    riskCoverage: riskCoverage(outcomes),
  };
}

function kindsOf(outcomes: readonly Outcome[]): Readonly<Record<string, Counts>> {
  return Object.fromEntries(KINDS.map((kind) => [kind, countVerdicts(ofKind(outcomes, kind))]));
}

export function medianMs(outcomes: readonly Outcome[]): number {
  const times = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? 0;
}
