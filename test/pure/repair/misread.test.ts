import { describe, expect, test } from 'vitest';
import { expandExtraction, ExtractionConfig } from '../../../adapters/extraction/spec.ts';
import type { ExtractedRecord, Extraction } from '../../../workflows/collection/extraction-spec.ts';
import { MISREAD_SHARE, misreadings } from '../../../workflows/repair/misread.ts';
import type { TriedBody } from '../../../workflows/repair/spec-checks.ts';

const SPEC = expandExtraction(
  'shop',
  ExtractionConfig.parse({
    fee: { type: 'number', locators: '.fee' },
    phone: { required: false, locators: '.phone' },
  }),
);

function read(record: ExtractedRecord): Extraction {
  return { records: [record], served: {}, misses: [], violations: [] };
}

function failing(
  good: ExtractedRecord,
  after: ExtractedRecord,
  more: Partial<TriedBody> = {},
): TriedBody {
  return {
    url: 'https://shop/a',
    role: 'failing',
    before: read({}),
    after: read(after),
    good: [good],
    ...more,
  };
}

const RIGHT = failing({ fee: 5 }, { fee: 5 });
const WRONG = failing({ fee: 5 }, { fee: 9 }, { standing: ['fee'] });

describe('a fix that reads another place', () => {
  test.each([
    [1, 4, true],
    [1, 5, false],
    [2, 8, true],
  ])('is told by %i documents beside %i right ones: %s', (wrong, right, isTold) => {
    const bodies = [
      ...Array.from({ length: wrong }, () => WRONG),
      ...Array.from({ length: right }, () => RIGHT),
    ];
    const { share, findings } = misreadings(SPEC, bodies);

    expect(share >= MISREAD_SHARE).toBe(isTold);
    expect(findings).toHaveLength(wrong);
  });

  test('is not told by a value that is gone from the page, nor by what the spec in force reads as well', () => {
    const changed = failing({ fee: 5 }, { fee: 9 }, { standing: [] });
    const asBefore = { ...WRONG, before: read({ fee: 9 }) };

    expect(misreadings(SPEC, [changed, asBefore])).toEqual({ findings: [], share: 0 });
  });

  test('is told by a field that a held-out document does not have', () => {
    const heldOut = failing(
      {},
      { fee: 5, phone: '£12.50' },
      { role: 'held-out', before: read({ fee: 5 }) },
    );

    expect(misreadings(SPEC, [heldOut, RIGHT])).toEqual({
      findings: ['Field "phone" was absent from "https://shop/a" before, but "£12.50" is read.'],
      share: 0.5,
    });
  });
});
