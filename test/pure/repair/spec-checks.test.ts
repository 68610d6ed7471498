import { describe, expect, test } from 'vitest';
import type {
  ExtractedRecord,
  Extraction,
  ExtractionSpec,
} from '../../../workflows/collection/extraction-spec.ts';
import { combined, verdictOf, type CheckName } from '../../../workflows/repair/checks.ts';
import { learnFields } from '../../../workflows/repair/learned-fields.ts';
import {
  judgeSpec,
  type SpecTrial,
  type SpecVerdict,
  type TriedBody,
} from '../../../workflows/repair/spec-checks.ts';

const SPEC: ExtractionSpec = {
  v: 1,
  source: 'shop',
  fields: {
    title: field({ stable: true }),
    price: { ...field({}), type: 'number' },
    note: { ...field({}), required: false },
  },
};

const GOOD: readonly ExtractedRecord[] = [
  { title: 'Lamp', price: 20 },
  { title: 'Chair', price: 45 },
  { title: 'Table', price: 90 },
];

describe('the checks of a patched spec (repair 6)', () => {
  test('a candidate that restores what was there passes everything', () => {
    const verdict = judgeSpec(trial([failing(GOOD), heldOut(GOOD)]));

    expect(verdict.shares).toEqual({ f2p: 1, p2p: 1, holdout: 1, oracle: 1 });
    expect(combined(verdict.reports, BEHAVIOUR)).toBe('pass');
  });

  test('a field that is still missing is an incomplete repair', () => {
    const half = GOOD.map(({ title }) => ({ title }) as ExtractedRecord);
    const verdict = judgeSpec(trial([failing(half)]));

    expect(verdictsOf(verdict)).toMatchObject({ f2p: 'fail', required: 'fail' });
    expect(reportOf(verdict, 'f2p')).toContain('Field "price" still fails on "https://shop/1".');
  });

  test('a wrong stable value and a price out of all proportion count against the oracle', () => {
    const renamed = GOOD.map((one, i) =>
      i === 0 ? { ...one, title: 'Buy now and pay later', price: 1e6 } : one,
    );
    const verdict = judgeSpec(trial([failing(renamed)]));

    expect(verdict.shares.oracle).toBeCloseTo(4 / 6, 9);
  });

  test('a new price within the learned range is fine', () => {
    const dearer = GOOD.map((one) => ({ ...one, price: 50 }));

    expect(judgeSpec(trial([failing(dearer)])).shares.oracle).toBe(1);
  });

  test('a stable value is compared with that of the same document', () => {
    const one = { title: 'Lamp', price: 20 };
    const other = { title: 'Lamp shade', price: 20 };
    const pages = [{ ...failing([other]), good: [one] }];

    expect(judgeSpec(trial(pages)).shares.oracle).toBe(0.5);
  });

  test('what passed before on a body that was shown must still pass', () => {
    const shown: TriedBody = { ...body('shown', extraction([])), before: extraction(GOOD) };
    const verdict = judgeSpec(trial([failing(GOOD), shown]));

    expect(verdictsOf(verdict)).toMatchObject({ f2p: 'pass', p2p: 'fail', output: 'fail' });
    expect(verdict.shares.p2p).toBeLessThan(0.5);
  });

  test('a body that lacked a required field before may lack it still', () => {
    const lacking = extraction([{ title: 'Lamp' }]);
    const shown: TriedBody = { ...body('shown', lacking), before: lacking };

    expect(verdictsOf(judgeSpec(trial([failing(GOOD), shown])))).toMatchObject({
      required: 'pass',
      p2p: 'pass',
    });
  });

  test('two runs that differ are found', () => {
    const again = extraction(GOOD.toReversed());

    expect(verdictsOf(judgeSpec(trial([{ ...failing(GOOD), again }])))).toMatchObject({
      deterministic: 'fail',
    });
  });

  test('what could not be tried is inconclusive, and worth nothing', () => {
    const verdict = judgeSpec(trial([]));

    expect(new Set(verdict.reports.map((report) => report.verdict))).toEqual(
      new Set(['inconclusive']),
    );
    expect(verdict.shares).toEqual({ f2p: 0, p2p: 0, holdout: 0, oracle: 0 });
    expect(combined(verdict.reports)).toBe('inconclusive');
  });

  test('at most twenty findings are kept, the last one says how many are not', () => {
    const bodies = Array.from({ length: 30 }, (_, i) => ({
      ...failing([]),
      url: `https://shop/${i}`,
    }));
    const findings = judgeSpec(trial(bodies)).reports.find(({ check }) => check === 'output');

    expect(findings?.findings).toHaveLength(20);
    expect(findings?.findings.at(-1)).toBe('11 more findings are left out.');
  });

  test('a check that nobody reported did not run', () => {
    expect(verdictOf([], 'f2p')).toBe('inconclusive');
    expect(combined([{ check: 'f2p', verdict: 'fail', findings: [] }])).toBe('fail');
  });
});

const BEHAVIOUR: readonly CheckName[] = [
  'f2p',
  'p2p',
  'holdout',
  'oracle',
  'required',
  'output',
  'deterministic',
];

function field({ stable = false }): ExtractionSpec['fields'][string] {
  return { type: 'text', cardinality: 'one', required: true, stable, locators: [{ css: 'b' }] };
}

function trial(bodies: readonly TriedBody[]): SpecTrial {
  return {
    spec: SPEC,
    failingFields: ['price'],
    learned: learnFields(SPEC, GOOD),
    bodies,
  };
}

/** The price was lost, and the candidate reads these records. */
function failing(records: readonly ExtractedRecord[]): TriedBody {
  const lost = GOOD.map(({ title }) => ({ title }) as ExtractedRecord);
  return { ...body('failing', extraction(records)), before: extraction(lost), good: GOOD };
}

function heldOut(records: readonly ExtractedRecord[]): TriedBody {
  return { ...body('held-out', extraction(records)), before: extraction(GOOD), good: GOOD };
}

function body(role: TriedBody['role'], after: Extraction): TriedBody {
  return { url: 'https://shop/1', role, before: after, after, again: after };
}

function extraction(records: readonly ExtractedRecord[]): Extraction {
  const misses = records.flatMap((record, i) =>
    ['title', 'price']
      .filter((name) => record[name] === undefined)
      .map((name) => ({ field: name, record: i, required: true, tried: [] })),
  );
  const none = records.length === 0 ? [{ required: true, tried: [] }] : [];
  return { records, served: {}, misses: [...none, ...misses], violations: [] };
}

function verdictsOf({ reports }: SpecVerdict): Record<string, string> {
  return Object.fromEntries(reports.map(({ check, verdict }) => [check, verdict]));
}

function reportOf({ reports }: SpecVerdict, name: CheckName): readonly string[] {
  return reports.find(({ check }) => check === name)?.findings ?? [];
}
