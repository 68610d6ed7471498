import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wordsOf } from '../../workflows/approval/question-words.ts';
import { compareDiscoveries, shapeOf } from '../../workflows/collection/compare-discoveries.ts';
import { refuseShrunken } from '../../workflows/collection/content-guard.ts';
import { NO_COUNTS } from '../../workflows/collection/counts.ts';
import { refuseDeletion } from '../../workflows/collection/deletion-guard.ts';
import type { DiscoveredStream } from '../../workflows/collection/inspection.ts';
import { judgeDocuments } from '../../workflows/collection/run-anomalies.ts';
import { judgeRun } from '../../workflows/collection/run-status.ts';

const size = fc.nat(20_000);

describe('the guard of a text (B5)', () => {
  test.each([
    [299, 1000, 'held'],
    [300, 1000, 'taken'],
    [149, 500, 'held'],
    [1, 499, 'taken'],
    [5000, 1000, 'taken'],
  ])('%i bytes instead of %i are %s', (bytes, lastBytes, outcome) => {
    expect(refuseShrunken({ bytes, lastBytes }) === undefined ? 'taken' : 'held').toBe(outcome);
  });

  test('says both sizes and what is left', () => {
    expect(refuseShrunken({ bytes: 120, lastBytes: 4310 })).toBe(
      'The text has 120 bytes; the stored version has 4310 (2 % are left). The stored one stays live.',
    );
  });

  test('what a person has accepted is the baseline', () => {
    expect(refuseShrunken({ bytes: 16, lastBytes: 1000, acceptedBytes: 16 })).toBeUndefined();
    expect(refuseShrunken({ bytes: 600, lastBytes: 9000, acceptedBytes: 1900 })).toBeUndefined();
    expect(refuseShrunken({ bytes: 500, lastBytes: 9000, acceptedBytes: 1900 })).toBeDefined();
  });

  test('never takes a shorter text where it refuses a longer one', () => {
    fc.assert(
      fc.property(size, size, size, fc.option(size), (a, b, lastBytes, acceptedBytes) => {
        const judge = (bytes: number) => refuseShrunken({ bytes, lastBytes, acceptedBytes });
        const [longer, shorter] = [judge(Math.max(a, b)), judge(Math.min(a, b))];
        expect(longer === undefined || shorter !== undefined).toBe(true);
      }),
    );
  });
});

describe('the documents of a run together (§13)', () => {
  const fine = { live: 100, shrunken: 0, read: 100, violations: 0 };

  test.each([
    [{}, undefined],
    [{ shrunken: 15 }, undefined],
    [{ shrunken: 16 }, 'shrunken'],
    [{ shrunken: 3, live: 3 }, undefined],
    [{ shrunken: 4, live: 4 }, 'shrunken'],
    [{ violations: 5 }, undefined],
    [{ violations: 6 }, 'violations'],
    [{ violations: 3, read: 3 }, undefined],
    [{ violations: 12, acceptedViolationShare: 0.08 }, undefined],
    [{ violations: 13, acceptedViolationShare: 0.08 }, 'violations'],
    [{ shrunken: 16, violations: 90 }, 'shrunken'],
  ])('%j: %s', (numbers, kind) => {
    expect(judgeDocuments({ ...fine, ...numbers })?.kind).toBe(kind);
  });

  test('never hold less for more of them', () => {
    const few = fc.nat(200);
    fc.assert(
      fc.property(few, few, few, few, few, (live, a, read, b, more) => {
        const before = judgeDocuments({ live, shrunken: a, read, violations: b });
        const after = judgeDocuments({ live, shrunken: a + more, read, violations: b + more });
        expect(before === undefined || after !== undefined).toBe(true);
        expect(before?.reason ?? 'A.').toMatch(/^[A-Z0-9].*\.$/);
      }),
    );
  });

  test('documents that were held one by one make the run partial, with the command that lets them in', () => {
    const counts = { ...NO_COUNTS, unchanged: 8, held: 2 };

    expect(judgeRun({ counts, asked: '"approve 1" stores them.' })).toEqual({
      status: 'partial',
      because: '2 documents were held. "approve 1" stores them.',
    });
  });
});

describe('the deletion guard', () => {
  const usual = [20, 21, 22, 19, 20];

  test.each([
    [{ candidates: 3, live: 300, maxDeletions: 2 }, 'limits.maxDeletions'],
    [{ candidates: 2, live: 300, maxDeletions: 2 }, undefined],
    [{ candidates: 3, live: 8, baseline: usual }, 'its last 5 runs showed 19 to 22'],
    // Six of twenty is just what is tolerated.
    [{ candidates: 2, live: 8, baseline: usual }, undefined],
    [{ candidates: 3, live: 8, baseline: [20, 21] }, undefined],
    [{ candidates: 3, live: 8, baseline: [8, 9, 8] }, undefined],
    // It has been that small before.
    [{ candidates: 3, live: 8, baseline: [20, 22, 5, 21, 20] }, undefined],
    [{ candidates: 3, live: 8, baseline: usual, maxDeletedShare: 1 }, undefined],
    [{ candidates: 75, live: 100, baseline: [100, 100, 100], maxDeletedShare: 0.8 }, 'its last 3'],
    [{ candidates: 0, live: 1, baseline: usual }, undefined],
    // Forty new pages do not make the loss of six out of nine look small.
    [{ candidates: 6, live: 53, added: 44 }, '6 of 9 documents would be deleted'],
    [{ candidates: 5, live: 53, added: 44 }, undefined],
    [{ candidates: 5, live: 53, added: 44, deletionFloor: 1 }, '5 of 9 documents would be deleted'],
    [{ candidates: 1, live: 3, deletionFloor: 1 }, undefined],
    [{ candidates: 1, live: 3, deletionFloor: 0 }, '1 of 3 documents would be deleted'],
  ])('R7 %j: %s', (given, refusal) => {
    const answer = refuseDeletion({ maxDeletedShare: 0.15, ...given });
    expect(answer ?? 'allowed').toContain(refusal ?? 'allowed');
  });

  test('stays monotone with a count and a baseline', () => {
    const few = fc.nat(60);
    const baseline = fc.array(few, { maxLength: 12 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        few,
        few,
        few,
        few,
        share,
        baseline,
        (a, b, live, maxDeletions, maxDeletedShare, runs) => {
          const judge = (candidates: number) =>
            refuseDeletion({ candidates, live, maxDeletedShare, maxDeletions, baseline: runs });
          const [fewer, more] = [
            judge(Math.min(a, b, live)),
            judge(Math.min(Math.max(a, b), live)),
          ];
          expect(fewer === undefined || more !== undefined).toBe(true);
        },
      ),
    );
  });
});

describe('the shape of a source (D11)', () => {
  const orders: DiscoveredStream = {
    name: 'orders',
    primaryKey: ['region', 'id'],
    cursorCandidates: ['updated_at'],
    fields: [
      { name: 'id', type: 'int8', nullable: false },
      { name: 'note', type: 'text', nullable: true },
      { name: 'updated_at', type: 'timestamptz', nullable: false },
    ],
    count: 7,
  };
  const changed = (change: Partial<DiscoveredStream>, more: readonly DiscoveredStream[] = []) =>
    compareDiscoveries(
      shapeOf({ streams: [orders] }),
      shapeOf({ streams: [{ ...orders, ...change }, ...more] }),
    );
  const fields = orders.fields ?? [];

  test('is the same in another order and with another count', () => {
    const mixed = { ...orders, fields: fields.toReversed(), count: 9 };

    expect(shapeOf({ streams: [{ name: 'a' }, mixed] })).toEqual(
      shapeOf({ streams: [orders, { name: 'a' }] }),
    );
  });

  test.each([
    [
      'a new field',
      { fields: [...fields, { name: 'vat', type: 'text' }] },
      '"vat" of "orders" is new',
    ],
    [
      'a field that may be empty now',
      { fields: fields.map((field) => ({ ...field, nullable: true })) },
      '"id" of "orders" may be empty now',
    ],
  ])('%s is noted', (_what, change, clause) => {
    const changes = changed(change);
    expect(changes.broken).toEqual([]);
    expect(changes.noted).toContain(clause);
  });

  test('a new stream is noted, a new tool likewise', () => {
    expect(changed({}, [{ name: 'tool search' }])).toEqual({
      noted: ['"tool search" is new'],
      broken: [],
    });
  });

  test.each([
    ['a lost field', { fields: fields.slice(1) }, '"id" of "orders" is gone'],
    ['a lost stream', { name: 'orders_2' }, '"orders" is gone'],
    ['a lost key', { primaryKey: [] }, 'the key of "orders" was (region, id), it has none now'],
    [
      'another order of the key',
      { primaryKey: ['id', 'region'] },
      'the key of "orders" was (region, id), it is (id, region) now',
    ],
    [
      'a lost cursor',
      { cursorCandidates: [] },
      '"updated_at" of "orders" can no longer be a cursor',
    ],
    [
      'another type',
      { fields: fields.map((field) => (field.name === 'id' ? { ...field, type: 'text' } : field)) },
      '"id" of "orders" was int8, it is text now',
    ],
  ])('%s is broken', (_what, change, clause) => {
    expect(changed(change).broken).toEqual([clause]);
  });

  test('has changes only where it differs', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const stream = fc.record(
      {
        name,
        primaryKey: fc.uniqueArray(name),
        fields: fc.uniqueArray(fc.record({ name, type: fc.constantFrom('int', 'text') }), {
          selector: (field) => field.name,
        }),
      },
      { requiredKeys: ['name'] },
    );
    const shape = fc
      .uniqueArray(stream, { selector: (one) => one.name })
      .map((streams) => shapeOf({ streams }));
    fc.assert(
      fc.property(shape, shape, (before, after) => {
        expect(compareDiscoveries(before, before)).toEqual({ noted: [], broken: [] });
        const { broken, noted } = compareDiscoveries(before, after);
        const isSame = JSON.stringify(before) === JSON.stringify(after);
        expect(isSame && broken.length + noted.length > 0).toBe(false);
      }),
    );
  });
});

test.each(['deletions', 'shrunken', 'violations', 'drift'] as const)(
  'the words of a question about %s are whole sentences',
  (kind) => {
    const words = wordsOf(kind, { candidates: 1, live: 9 });

    for (const text of [words.question, words.approving, words.rejecting])
      expect(text).toMatch(/\?$/);
    for (const text of [words.meanwhile, words.approved, words.rejected, words.expired])
      expect(text).toMatch(/\.$/);
    expect(words.subject).toMatch(/^the /);
  },
);
