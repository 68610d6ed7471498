import { expect, test } from 'vitest';
import type { SliceReport } from '../../../workflows/collection/activities.ts';
import { COMPLETE, document, withCollecting, type Message, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

/** What a source with a cursor says: what changed, then every key. */
function changesAndKeys(changed: readonly Message[]): Message[] {
  return [
    ...changed,
    { kind: 'checkpoint', cursor: 'changes' },
    { kind: 'seen', id: 'a' },
    { kind: 'seen', id: 'b' },
    COMPLETE,
    { kind: 'checkpoint', cursor: 'done' },
  ];
}

/** A batch for each message, where a slow source would have several. */
async function collectInSmallBatches(source: SourceCase): Promise<SliceReport> {
  const tuning = { ...source.deps.tuning, commitEveryMs: 0 };
  return source.collect({ run: `collect:${source.id}-small`, deps: { tuning } });
}

test('a document that is read and then listed in the same batch is stored', async () => {
  const source = await newSource();
  source.emits(changesAndKeys([document('a', 'Old.'), document('b')]));
  const first = await source.run();

  source.emits(changesAndKeys([document('a', 'New.')]));
  const second = await source.run();

  expect(first).toMatchObject({ status: 'succeeded', counts: { added: 2 } });
  expect(second).toMatchObject({ status: 'succeeded', counts: { updated: 1, unchanged: 1 } });
  expect(await source.stored()).toMatchObject({ a: 'New.\n' });
});

test('a document that fails and is then listed in the same batch stays failed', async () => {
  const source = await newSource();
  source.emits(changesAndKeys([document('a'), document('b')]));
  await source.run();

  source.emits(changesAndKeys([document('a', ' ')]));
  const ran = await source.run();

  expect(ran).toMatchObject({ status: 'partial', counts: { failed: 1, unchanged: 1, deleted: 0 } });
  expect(await source.deadLetters()).toMatchObject([{ id: 'a', failure: 'InvalidDocument' }]);
  expect(Object.keys(await source.stored()).toSorted()).toEqual(['a', 'b']);
});

test('a document that fails, and is listed in a later batch of the run, counts as failed once', async () => {
  const source = await newSource();
  source.emits(changesAndKeys([document('a'), document('b')]));
  await source.run();
  source.emits(changesAndKeys([document('a', ' ')]));

  const report = await collectInSmallBatches(source);

  expect(report.counts).toMatchObject({ failed: 1, unchanged: 1, updated: 0 });
  expect(await source.deadLetters()).toMatchObject([{ id: 'a' }]);
});
