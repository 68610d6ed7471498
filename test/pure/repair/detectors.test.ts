import { describe, expect, test } from 'vitest';
import { LAG_RUNS, laggedBaseline } from '../../../workflows/repair/detectors/baseline.ts';
import { detect } from '../../../workflows/repair/detectors/detect.ts';
import type { Finding, RunFacts } from '../../../workflows/repair/detectors/finding.ts';
import type { RunSummary } from '../../../workflows/repair/run-summary.ts';
import { emptyAt, fieldTally, runsWithEmptiness, runSummary } from './run-summaries.ts';

const WELL = Array.from({ length: 14 }, () => runSummary());

function found(
  run: RunSummary,
  good: readonly RunSummary[] = WELL,
  rest: Partial<RunFacts> = {},
): readonly Finding[] {
  return detect({ run, good, listingComplete: true, ...rest });
}

function short(findings: readonly Finding[]): string {
  return findings
    .map(({ detector, failure, fields, severity }) =>
      [detector, failure, fields.join('+'), severity].join(' '),
    )
    .join('; ');
}

describe('repair 1.1 the lagged baseline', () => {
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, at) => runSummary({ run: `run ${at + 1} ago` }));
  const ago = (count: number) => laggedBaseline(numbered(count)).map(({ run }) => run);

  test.each([
    { runs: 0, first: undefined, last: undefined },
    { runs: 1, first: 'run 1 ago', last: 'run 1 ago' },
    { runs: 2, first: 'run 2 ago', last: 'run 2 ago' },
    { runs: 6, first: 'run 4 ago', last: 'run 6 ago' },
    { runs: 13, first: 'run 7 ago', last: 'run 13 ago' },
    { runs: 30, first: 'run 7 ago', last: 'run 13 ago' },
  ])('of $runs good runs is $first to $last', ({ runs, first, last }) => {
    const baseline = ago(runs);

    expect([baseline[0], baseline.at(-1)]).toEqual([first, last]);
  });
});

describe('a run that is as always', () => {
  test.each<[string, RunSummary, readonly RunSummary[]]>([
    ['the same numbers', runSummary(), WELL],
    ['the first run of all, however empty', emptyAt(1, 100, true), []],
    ['a second run after a small first one', emptyAt(0.4, 5), [emptyAt(0, 5)]],
    ['an optional field that a page lacks', emptyAt(0.02), WELL],
    ['an optional field that is on a tenth more of the pages', emptyAt(0.1), WELL],
    [
      'an optional field that most pages always lacked',
      emptyAt(0.85),
      runsWithEmptiness([0.8, 0.8, 0.8]),
    ],
    [
      'a field that comes and goes from run to run',
      emptyAt(0.4),
      runsWithEmptiness([0, 0.3, 0.1, 0.4, 0, 0.4, 0.1, 0.3, 0]),
    ],
    [
      'two records of a short list',
      emptyAt(0.5, 4),
      runsWithEmptiness(
        Array.from({ length: 14 }, () => 0),
        4,
      ),
    ],
    [
      'an increment with one broken page',
      runSummary({
        records: 1,
        unmodified: 99,
        fields: [fieldTally({ required: true, present: 0, missing: 1 })],
      }),
      WELL,
    ],
    [
      'a field that no run ever found',
      runSummary({ fields: [fieldTally({ required: true, present: 0, missing: 100 })] }),
      [runSummary({ fields: [] })],
    ],
    ['a third of the records', runSummary({ records: 31 }), WELL],
    [
      'one record where two are usual',
      runSummary({ records: 1 }),
      [runSummary({ records: 4 - 1 })],
    ],
    ['fewer read pages, the others unmodified', runSummary({ records: 3, unmodified: 97 }), WELL],
    ['no extraction', runSummary({ specDigest: '', records: 0 }), WELL],
  ])('raises nothing: %s', (_, run, good) => {
    expect(short(found(run, good))).toBe('');
  });

  test('raises nothing where its listing is incomplete, or its pages could not be reached', () => {
    const empty = runSummary({ records: 0, fields: [] });

    expect(short(found(empty, WELL, { listingComplete: false }))).toBe('');
    expect(short(found({ ...empty, failures: { SourceUnavailable: 3 } }))).toBe('');
    expect(short(found({ ...empty, failures: { Blocked: 10 } }))).toBe('');
  });
});

describe('a run that broke', () => {
  const numbers = (sum: number) => ({ count: 100, sum, min: sum / 200, max: sum / 50 });
  const length = (mean: number) => ({ count: 100, sum: mean * 100, min: mean, max: mean });
  const withField = (field: Parameters<typeof fieldTally>[0]) =>
    runSummary({ fields: [fieldTally(field)] });

  test.each<[string, RunSummary, readonly RunSummary[], string]>([
    [
      'a required field on no record, seen before once',
      emptyAt(1, 100, true),
      [runSummary()],
      'required-field SelectorMissing price hold',
    ],
    [
      'a required field of one single page',
      emptyAt(1, 1, true),
      [runSummary({ records: 1 })],
      'required-field SelectorMissing price hold',
    ],
    [
      'a list that is on no page',
      runSummary({ records: 0, listsMissing: 3, fields: [] }),
      WELL,
      'required-field SelectorMissing  hold; record-count EmptyResult  hold',
    ],
    [
      'an optional field that most records lost',
      emptyAt(0.6),
      WELL,
      'field-emptiness SelectorMissing price hold',
    ],
    [
      'a field that a fifth of the records lost',
      emptyAt(0.2),
      WELL,
      'field-emptiness SelectorMissing price hold',
    ],
    ['no record', runSummary({ records: 0, fields: [] }), WELL, 'record-count EmptyResult  hold'],
    ['29 % of the records', runSummary({ records: 29 }), WELL, 'record-count ContentShrank  hold'],
    [
      'values outside of "expect"',
      withField({ violations: { range: 40 } }),
      WELL,
      'drift SchemaDrift price hold',
    ],
    [
      'cents instead of euros',
      withField({ numeric: numbers(500_000) }),
      [withField({ numeric: numbers(5000) })],
      'drift SchemaDrift price hold',
    ],
    [
      'thousands instead of euros',
      withField({ numeric: numbers(5) }),
      [withField({ numeric: numbers(5000) })],
      'drift SchemaDrift price hold',
    ],
    [
      'texts that became stubs',
      withField({ length: length(40) }),
      [withField({ length: length(4000) })],
      'drift SchemaDrift price hold',
    ],
    [
      'lists of one where there were many',
      withField({ items: length(1) }),
      [withField({ items: length(8) })],
      'drift SchemaDrift price hold',
    ],
    [
      'another format of dates',
      withField({ forms: { '9/9/9': 100 } }),
      [withField({ forms: { '9-9-9': 100 } })],
      'drift SchemaDrift price hold',
    ],
    [
      'a fallback that serves',
      withField({ served: [0, 100] }),
      WELL,
      'fallback SchemaDrift price warn',
    ],
    [
      'a fallback that has served for long',
      withField({ served: [0, 100] }),
      [...Array.from({ length: LAG_RUNS - 1 }, () => withField({ served: [0, 100] })), ...WELL],
      'fallback SchemaDrift price hold',
    ],
  ])('is found: %s', (_, run, good, expected) => {
    const findings = found(run, good);

    expect(short(findings)).toBe(expected);
    expect(findings.every(({ because }) => /\d.*\.$/u.test(because))).toBe(true);
  });

  test('of an archived body whose stable field reads otherwise', () => {
    const known = [
      { url: 'https://a.example/1', field: 'title', same: true },
      { url: 'https://a.example/2', field: 'sku', same: false },
    ];

    expect(short(found(runSummary(), WELL, { known }))).toBe('known-answer SchemaDrift sku hold');
  });

  test('names every field of one failure together', () => {
    const fields = [
      fieldTally({ name: 'b', required: true, present: 0, missing: 100 }),
      fieldTally({ name: 'a', present: 30, missing: 70 }),
    ];
    const before = fields.map((field) => ({ ...field, present: 100, missing: 0 }));

    const findings = found(runSummary({ fields }), [runSummary({ fields: before })]);

    expect(short(findings)).toBe('required-field SelectorMissing a+b hold');
  });

  test('words of another shape are no other format', () => {
    const words = withField({ forms: { 'A & A': 100 } });

    expect(short(found(words, [withField({ forms: { A: 100 } })]))).toBe('');
  });

  test('positions of locators are not compared across extractions', () => {
    const good = WELL.map((run) => ({ ...run, specDigest: 'spec-0' }));

    expect(short(found(withField({ served: [0, 100] }), good))).toBe('');
  });
});

describe('slow decay', () => {
  test.each([20, 50, 100, 1000])(
    'repair 1.1 a field that loses 3 %% with each run of %d records is caught, though no run is far from the one before',
    (records) => {
      const good: RunSummary[] = runsWithEmptiness(
        Array.from({ length: 14 }, () => 0),
        records,
      );
      let caught: number | undefined;
      for (let run = 1; run <= 30 && caught === undefined; run += 1) {
        const now = emptyAt(1 - 0.97 ** run, records);
        if (found(now, good.slice(0, 14)).length > 0) caught = run;
        good.unshift(now);
      }

      expect(caught).toBeLessThanOrEqual(14);
    },
  );

  test('a trailing baseline would not have caught it', () => {
    const decay = Array.from({ length: 15 }, (_, at) => emptyAt(1 - 0.97 ** at));
    const newest = decay.at(-1) as RunSummary;
    const trailing = decay.slice(-2, -1);

    expect(short(found(newest, trailing))).toBe('');
  });
});

describe('every detector', () => {
  test('is total and monotone: what is emptier is never less broken', () => {
    for (const records of [0, 1, 5, 37, 400]) {
      let tripped = false;
      for (let missing = 0; missing <= records; missing += 1) {
        const field = fieldTally({ present: records - missing, missing, served: [] });
        const now = found(runSummary({ records, fields: [field] })).some(
          ({ failure }) => failure === 'SelectorMissing',
        );
        expect(tripped && !now).toBe(false);
        tripped ||= now;
      }
    }
  });

  test('never throws on numbers that make no sense', () => {
    const odd = [Number.NaN, Infinity, -1, 0];
    for (const value of odd) {
      const spread = { count: value, sum: value, min: value, max: value };
      const field = fieldTally({
        present: value,
        missing: value,
        served: [value],
        numeric: spread,
        length: spread,
        items: spread,
      });
      expect(() =>
        found(runSummary({ records: value, pages: value, fields: [field] })),
      ).not.toThrow();
    }
  });
});
