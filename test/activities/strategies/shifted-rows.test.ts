import { afterAll, describe, expect, test } from 'vitest';
import { checkCandidate } from '../../../activities/repair/check-candidate.ts';
import { agreeingPages } from '../../../activities/strategies/agreeing-pages.ts';
import type { Strategy } from '../../../activities/strategies/contract.ts';
import { findCandidates } from '../../../activities/strategies/candidates.ts';
import { closeStrategyPool } from '../../../activities/strategies/strategy-pool.ts';
import { closeExtractionPool } from '../../../adapters/extraction/extract-pool.ts';
import type { Locator } from '../../../workflows/collection/extraction-spec.ts';
import type { SpecPatch } from '../../../workflows/repair/patch.ts';
import { verdictOf } from '../../../workflows/repair/checks.ts';
import { shiftedRows } from './shifted-rows.ts';

afterAll(async () => {
  await closeStrategyPool();
  await closeExtractionPool();
});

const FIELDS = ['fee', 'phone'];
const nth = (field: string, at: number) =>
  put(field, { css: `#landing > dl > dd:nth-of-type(${at}) > strong` });
const label = (field: string, anchor: string) => put(field, { anchor, take: 'next' });
const RIGHT: SpecPatch = [label('fee', 'Landing fee'), label('phone', 'Phone')];

function put(field: string, value: Locator) {
  return { op: 'add', path: `/fields/${field}/locators/0`, value } as const;
}

function says(...patch: SpecPatch): Strategy {
  return {
    name: 'position',
    family: 'memory',
    handles: ['SelectorMissing'],
    propose: () =>
      Promise.resolve({ proposals: [{ patch, features: {}, explains: 'It says so.' }] }),
  };
}

describe('rows that move where an optional one is missing', () => {
  test('are found by their labels, and the sentence counts the documents', async () => {
    const { proposals } = await agreeingPages.propose(shiftedRows(FIELDS).view);

    expect(proposals.flatMap(({ patch }) => patch)).toEqual(RIGHT);
    expect(proposals.map(({ explains }) => explains)).toEqual([
      'The field "fee" is found by "label Landing fee" now: 5 of 5 documents show their own old values there.',
      'The field "phone" is found by "label Phone" now: 3 of 3 documents show their own old values there; where it was absent (2), nothing is found.',
    ]);
  });

  test('give a fix that reads every document as before', async () => {
    const evidence = shiftedRows(FIELDS);
    const { candidates } = await findCandidates(evidence);
    const [best] = candidates;
    const { checks, features } = await checkCandidate(best?.patch ?? [], evidence);

    expect(best?.patch).toEqual(expect.arrayContaining([...RIGHT]));
    expect(JSON.stringify(candidates.map(({ patch }) => patch))).not.toContain('nth-of-type');
    expect(checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(features.oracle).toBe(1);
  });

  test('refuse a position that reads the season ticket as the fee', async () => {
    const evidence = shiftedRows(['fee']);
    const patch = [nth('fee', 4)];
    const { checks, values } = await checkCandidate(patch, evidence);
    const { candidates, failed } = await findCandidates(evidence, { strategies: [says(...patch)] });

    expect(verdictOf(checks, 'oracle')).toBe('fail');
    const finding =
      'Field "fee" of "https://landings.example/balnagown" was "12.5", which still stands there, but "100" is read.';
    expect(checks.find(({ check }) => check === 'oracle')?.findings).toContain(finding);
    expect(candidates).toEqual([]);
    expect(failed[0]?.because).toBe(finding);
    expect(values.slice(0, 2)).toEqual([
      { field: 'fee', before: '12.5', after: '100' },
      { field: 'fee', before: '14', after: '110' },
    ]);
    expect(values).toHaveLength(5);
  });

  test('refuse a position that reads something where the field was absent', async () => {
    const evidence = shiftedRows(FIELDS);
    const { checks } = await checkCandidate(
      [label('fee', 'Landing fee'), nth('phone', 3)],
      evidence,
    );

    expect(verdictOf(checks, 'oracle')).toBe('fail');
    expect(checks.find(({ check }) => check === 'oracle')?.findings).toContain(
      'Field "phone" was absent from "https://landings.example/balnagown" before, but "£12.50" is read.',
    );
  });

  test('let a value pass that really changed: the old one stands nowhere any more', async () => {
    const evidence = shiftedRows(FIELDS, (one) =>
      one.name === 'Balnagown' ? { ...one, fee: '13.20' } : one,
    );
    const { proposals } = await agreeingPages.propose(evidence.view);
    const { checks } = await checkCandidate(RIGHT, evidence);

    expect(proposals.flatMap(({ patch }) => patch)).toEqual(RIGHT);
    expect(proposals[0]?.explains).toContain(
      '4 of 5 documents show their own old values there; the old values of the others are nowhere on their pages.',
    );
    expect(checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });
});
