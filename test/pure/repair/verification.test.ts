import { describe, expect, test } from 'vitest';
import { NO_TALLY, type RunSummary } from '../../../workflows/repair/run-summary.ts';
import { verificationFacts } from '../../../workflows/repair/verification-facts.ts';
import { verify, type VerificationFacts } from '../../../workflows/repair/verification.ts';

const GOOD: VerificationFacts = {
  run: { status: 'succeeded' },
  records: 100,
  baselineRecords: 100,
  required: [{ field: 'title', rate: 1, learnedRate: 1 }],
  stable: { joined: 20, equal: 20, known: 20 },
  newViolations: { required: 0, optional: 0 },
};

describe('the three-valued check of a run on a fix', () => {
  test.each<[string, Partial<VerificationFacts>, 'good' | 'bad' | 'inconclusive']>([
    ['all as before', {}, 'good'],
    ['80 % of the records', { records: 80 }, 'good'],
    ['79 % of the records', { records: 79 }, 'inconclusive'],
    ['125 % of the records', { records: 125 }, 'good'],
    ['126 % of the records', { records: 126 }, 'inconclusive'],
    ['29 % of the records', { records: 29 }, 'bad'],
    ['no record at all', { records: 0 }, 'bad'],
    ['no baseline', { baselineRecords: Number.NaN }, 'inconclusive'],
    ['records that are no number', { records: Number.NaN }, 'inconclusive'],
    [
      'a required field one point rarer',
      { required: [{ field: 'title', rate: 0.99, learnedRate: 1 }] },
      'good',
    ],
    [
      'a required field three points rarer',
      { required: [{ field: 'title', rate: 0.97, learnedRate: 1 }] },
      'inconclusive',
    ],
    [
      'a required field six points rarer',
      { required: [{ field: 'title', rate: 0.94, learnedRate: 1 }] },
      'bad',
    ],
    ['too few records', { records: 19, baselineRecords: 21 }, 'inconclusive'],
    ['a small source, whole', { records: 7, baselineRecords: 7 }, 'good'],
    [
      '97 % of the stable values',
      { stable: { joined: 100, equal: 97, known: 100 } },
      'inconclusive',
    ],
    ['89 % of the stable values', { stable: { joined: 100, equal: 89, known: 100 } }, 'bad'],
    ['few joined', { stable: { joined: 9, equal: 9, known: 100 } }, 'inconclusive'],
    ['few known', { stable: { joined: 3, equal: 3, known: 3 } }, 'good'],
    ['none joined', { stable: { joined: 0, equal: 0, known: 0 } }, 'inconclusive'],
    ['a violation of a required field', { newViolations: { required: 1, optional: 0 } }, 'bad'],
    [
      'a violation of an optional field',
      { newViolations: { required: 0, optional: 1 } },
      'inconclusive',
    ],
    [
      'a run that failed by what a repair may cure',
      { run: { status: 'failed', failure: 'SelectorMissing' } },
      'bad',
    ],
    ['a run that was held by it', { run: { status: 'held', failure: 'EmptyResult' } }, 'bad'],
    [
      'a source that was down',
      { run: { status: 'failed', failure: 'SourceUnavailable' } },
      'inconclusive',
    ],
    [
      'a source that was down, and so without a record',
      { run: { status: 'failed', failure: 'SourceUnavailable' }, records: 0 },
      'inconclusive',
    ],
    ['a partial run', { run: { status: 'partial' } }, 'inconclusive'],
    [
      'a run whose deletions are kept back',
      { run: { status: 'held', failure: 'ContentShrank', onlyDeletionsKept: true } },
      'good',
    ],
  ])('%s', (_, change, verdict) => {
    expect(verify({ ...GOOD, ...change }).verdict).toBe(verdict);
  });

  test('one bad check outweighs every other', () => {
    const mixed = { ...GOOD, records: 0, run: { status: 'partial' as const } };
    expect(verify(mixed).verdict).toBe('bad');
  });
});

const RUN: RunSummary = {
  ...NO_TALLY,
  run: 'collect:shop-1',
  status: 'succeeded',
  trigger: 'schedule',
  endedAtMs: 1,
  specDigest: 'a',
  pages: 30,
  records: 30,
  fields: [
    {
      name: 'title',
      required: true,
      present: 30,
      missing: 0,
      empty: 0,
      served: [30],
      violations: {},
      forms: {},
    },
  ],
};

describe('what there is to say of a run', () => {
  test('pages that were not modified since the fix has read them count as they were', () => {
    const quiet = { ...RUN, pages: 0, records: 0, unmodified: 30, fields: [] };
    expect(verify(verificationFacts({ summary: quiet, baseline: [RUN] })).verdict).toBe('good');
  });

  test('a run that reached nothing is not good', () => {
    const nothing = { ...RUN, pages: 0, records: 0, fields: [] };
    expect(verify(verificationFacts({ summary: nothing, baseline: [RUN] })).verdict).toBe('bad');
  });

  test('violations that were usual before are not new', () => {
    const [title] = RUN.fields;
    if (!title) throw new Error('There is one.');
    const odd = { ...RUN, fields: [{ ...title, violations: { length: 3 } }] };
    expect(verificationFacts({ summary: odd, baseline: [odd] }).newViolations.required).toBe(0);
    expect(verificationFacts({ summary: odd, baseline: [RUN] }).newViolations.required).toBe(3);
  });
});
