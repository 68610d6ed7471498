import { describe, expect, test } from 'vitest';
import {
  ambiguity,
  changedBreadth,
  changedSize,
  evidenceScore,
  remembered,
  sigmoid,
  type EvidenceFeatures,
} from '../../../workflows/repair/confidence.ts';
import { CLEAN_FEATURES } from '../../fakes/gate.ts';

describe('the evidence score (repair 7, stage 1)', () => {
  test.each<[string, Partial<EvidenceFeatures>, number]>([
    ['a clean candidate', {}, 0.983],
    ['one that was not reproduced', { repro: 0 }, 0.922],
    ['one of four that differ', { ambig: ambiguity(4) }, 0.922],
    ['sixty lines in two files', { size: changedSize(60), breadth: changedBreadth(2) }, 0.969],
    ['one of two strategies agreeing', { agree: 0.5 }, 0.972],
  ])('%s', (_name, changes, probability) => {
    const scored = evidenceScore({ ...CLEAN_FEATURES, ...changes });

    expect(sigmoid(scored?.score ?? 0)).toBeCloseTo(probability, 3);
  });

  test('a clean candidate has 4.06, and its terms add up to it', () => {
    const scored = evidenceScore(CLEAN_FEATURES);
    const sum = (scored?.terms ?? []).reduce((total, { points }) => total + points, -2.8);

    expect(scored?.score).toBeCloseTo(4.06, 2);
    expect(sum).toBeCloseTo(scored?.score ?? 0, 3);
  });

  test('what a model says of itself moves nothing', () => {
    expect(evidenceScore({ ...CLEAN_FEATURES, verbal: 0.99 })).toEqual(
      evidenceScore(CLEAN_FEATURES),
    );
  });

  test.each([Number.NaN, Infinity, -0.1, 1.1, undefined, '1', null])(
    'a share of %s gives no score at all',
    (share) => {
      const features = { ...CLEAN_FEATURES, oracle: share } as unknown as EvidenceFeatures;
      expect(evidenceScore(features)).toBeUndefined();
    },
  );

  test('memory needs many outcomes to say much, and never says more than 1.5', () => {
    const one = remembered({ successes: 1, trials: 1, globalRate: 0.8 });

    expect(remembered({ successes: 0, trials: 0, globalRate: 0.8 })).toBe(0);
    expect(one).toBeGreaterThan(0);
    expect(one).toBeLessThan(0.2);
    expect(remembered({ successes: 0, trials: 500, globalRate: 0.8 })).toBe(-1.5);
    expect(remembered({ successes: 900, trials: 900, globalRate: 0.8 })).toBe(1.5);
  });
});
