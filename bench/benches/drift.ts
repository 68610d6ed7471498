import { join } from 'node:path';
import {
  figure,
  atLeast,
  atMost,
  type Bench,
  type BenchOptions,
  type Figure,
  type Report,
} from '../report.ts';
import { KINDS, readCases } from '../stage/drift/cases.ts';
import { repairCase } from '../stage/drift/repair-case.ts';
import {
  countVerdicts,
  driftDocument,
  medianMs,
  ofKind,
  type Outcome,
} from '../stage/drift/score.ts';

/** Real selector breakages, repaired without AI: what is found again, what is left alone, and what is wrong. */
export const drift: Bench = {
  name: 'drift',
  summary: 'Selectors that real pages broke, found again without AI.',
  run,
};

const RECOVERED = 0.9;
const CHANGED_RECOVERED = 0.6;
const WRONG_OF_ACTED = 0.03;
const FALSE_FINDS = 0.02;

async function run({ cases, say }: BenchOptions): Promise<Report> {
  const folder = cases ?? defaultFolder();
  const read = readCases(folder);
  say(`${read.length} cases`);
  const outcomes: Outcome[] = [];
  for (const one of read) outcomes.push(await repairCase(one));
  for (const one of outcomes.filter(({ verdict }) => verdict === 'wrong')) {
    say(`wrong: ${one.case.name}: ${one.css ?? ''}`);
  }
  return report(read.length, outcomes);
}

/** @throws Error - nothing says where cases are. */
function defaultFolder(): string {
  const materials = process.env['TEST_MATERIALS'];
  if (materials !== undefined && materials !== '') return join(materials, 'drift');
  throw new Error(
    'There are no cases to repair. Name a folder by --cases <folder>, or set TEST_MATERIALS.',
  );
}

function report(cases: number, outcomes: readonly Outcome[]): Report {
  const rate = (kind: (typeof KINDS)[number], verdict: 'recovered' | 'wrong'): number => {
    const of = ofKind(outcomes, kind);
    return of.length === 0 ? 0 : countVerdicts(of)[verdict] / of.length;
  };
  const { recovered, wrong } = countVerdicts(ofKind(outcomes, 'broken'));
  return {
    servers: {},
    settings: { cases },
    goals: [
      atLeast('share of broken recovered', rate('broken', 'recovered'), RECOVERED),
      atMost(
        'share wrong of broken acted on',
        wrong / Math.max(1, recovered + wrong),
        WRONG_OF_ACTED,
      ),
      atMost('share of gone found all the same', rate('gone', 'wrong'), FALSE_FINDS),
      atMost('intact changed', countVerdicts(ofKind(outcomes, 'intact')).wrong, 0),
      atLeast('share of changed recovered', rate('changed', 'recovered'), CHANGED_RECOVERED),
    ],
    figures: [
      ...KINDS.flatMap((kind) => kindFigures(kind, ofKind(outcomes, kind))),
      figure('time', 'median repair', medianMs(outcomes), 'ms'),
    ],
    notes: ['Leaving alone counts as abstained; it is right for gone and intact.'],
    document: driftDocument(outcomes),
  };
}

function kindFigures(kind: string, outcomes: readonly Outcome[]): readonly Figure[] {
  const counts = countVerdicts(outcomes);
  return (['recovered', 'abstained', 'wrong'] as const).map((verdict) =>
    figure(kind, verdict, counts[verdict], `of ${outcomes.length}`),
  );
}
