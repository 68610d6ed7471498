import { expect, test } from 'vitest';
import { tryEdits } from './changed-workflows.ts';
import { NEXT } from './faults/f28.ts';
import { FAULTS } from './faults/index.ts';
import { scriptOf } from './harness.ts';

const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);

test.each(FAULTS.map((fault) => [fault.id, fault] as const))(
  '%s: the same seed makes the same script, other seeds may make others',
  (_id, fault) => {
    for (const seed of SEEDS) expect(scriptOf(fault, seed)).toEqual(scriptOf(fault, seed));
    expect(scriptOf(fault, 1).length).toBeGreaterThan(2);
  },
);

test('most scripts depend on their seed', () => {
  const varied = FAULTS.filter(
    (fault) => new Set(SEEDS.map((seed) => scriptOf(fault, seed).join('\n'))).size > 1,
  );

  expect(varied.length).toBeGreaterThan(FAULTS.length * 0.8);
});

test('every fault of the matrix that is promised has its row, once', () => {
  // F35, F36, F38, F39 and F43 are of models, pull requests, Slack and agents, which do not exist yet.
  const promised = [
    ...Array.from({ length: 34 }, (_, at) => `F${at + 1}`),
    'F37',
    ...Array.from({ length: 3 }, (_, at) => `F${at + 40}`),
    'F44',
  ];

  expect(FAULTS.map(({ id }) => id)).toEqual(promised);
});

test('the next version of the workflows, which takes a repair over, can be written', async () => {
  await expect(tryEdits(NEXT)).resolves.toBeUndefined();
});

test('a next version whose place is not in the workflows is an error', async () => {
  const edits = NEXT.map((edit) => ({ ...edit, from: 'nowhere' }));
  await expect(tryEdits(edits)).rejects.toThrow('does not hold: nowhere');
});
