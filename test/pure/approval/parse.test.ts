import { anything, assert, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExtension, parseVerdict } from '../../../workflows/approval/parse.ts';
import { verdict } from './requests.ts';

const { proven: _proven, ...GOOD } = verdict();

describe('a verdict', () => {
  test('is read as it is', () => {
    const whole = { ...GOOD, reasonClass: 'wrong-data', reason: 'They moved.' };

    expect(parseVerdict(whole)).toEqual(whole);
  });

  test.each([
    null,
    undefined,
    'approve',
    42,
    [GOOD],
    {},
    { ...GOOD, requestId: undefined },
    { ...GOOD, digest: 7 },
    { ...GOOD, verdict: 'Approve' },
    { ...GOOD, verdict: 'toString' },
    { ...GOOD, decisionId: '' },
    { ...GOOD, decisionId: '   ' },
    { ...GOOD, by: 'ana' },
    { ...GOOD, by: { provider: 'carrier pigeon', user: 'ana' } },
    { ...GOOD, by: { provider: 'cli', user: '' } },
    { ...GOOD, by: { provider: 'cli', user: 'x'.repeat(1_000_000) } },
    { ...GOOD, decisionId: 'x'.repeat(1_000_000) },
  ])('junk is none: case %#', (junk) => {
    expect(parseVerdict(junk)).toBeUndefined();
  });

  test('proves nothing by saying so', () => {
    expect(parseVerdict({ ...GOOD, proven: true })).toEqual(GOOD);
  });

  test('is cleaned of what draws on a terminal, and a long reason is cut', () => {
    const by = { provider: 'cli', user: 'a\u001B[31mna\u202E\n' };

    expect(parseVerdict({ ...GOOD, by, reason: 'x'.repeat(600) })).toMatchObject({
      by: { user: 'a [31mna' },
      reason: 'x'.repeat(500),
    });
  });

  test('whatever comes, reading never throws', () => {
    assert(
      property(anything({ withNullPrototype: true, withBigInt: true }), (value) => {
        parseVerdict(value);
        parseVerdict({ ...GOOD, by: value, reason: value });
        parseExtension(value);
        parseExtension({ requestId: value, by: GOOD.by, hours: value });
      }),
    );
  });
});

test.each([0, -1, 169, Number.NaN, Infinity, '2', null])('%s hours are no extension', (hours) => {
  expect(parseExtension({ requestId: 'q-1', by: GOOD.by, hours })).toBeUndefined();
});
