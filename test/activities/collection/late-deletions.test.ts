import { expect, test } from 'vitest';
import type { Objects } from '../../../adapters/aws/objects.ts';
import { COMPLETE, numbered, withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();
const signal = AbortSignal.timeout(600_000);

/** Ten documents, of which a run has just missed the first. */
async function missing(): Promise<SourceCase> {
  const source = await newSource();
  source.emits([...numbered(10), COMPLETE]);
  await source.run();
  source.emits([...numbered(10).slice(1), COMPLETE]);
  await source.collect({ run: 'late' });
  return source;
}

/** Does something in front of the first deletion in S3: the attempt slept between its look and its call. */
function sleeping(source: SourceCase, meanwhile: () => Promise<unknown>): Objects {
  let isAsleep = true;
  const { objects } = source.deps;
  return {
    ...objects,
    async removeMany(request) {
      if (isAsleep) {
        isAsleep = false;
        await meanwhile();
      }
      return objects.removeMany(request);
    },
  };
}

test('R18 a deletion that wakes late removes nothing that a newer run has put back, equal as it is', async () => {
  const source = await missing();
  source.emits([...numbered(10), COMPLETE]);
  const objects = sleeping(source, () => source.run());

  const late = source.reconcile('late', true, { deps: { objects } });

  await expect(late).rejects.toMatchObject({ type: 'Conflict' });
  expect(await source.stored()).toMatchObject({ d0000: 'The text of d0000.\n' });
  expect(await source.keys()).toHaveLength(20);
  expect((await source.run()).counts).toMatchObject({ unchanged: 10, putRequests: 0 });
});

test('R18 nor what came back after another attempt had finished the deletion', async () => {
  const source = await missing();
  const objects = sleeping(source, async () => {
    await source.reconcile('late', true, { attempt: 2 });
    source.emits([...numbered(10), COMPLETE]);
    await source.run();
  });

  const late = source.reconcile('late', true, { deps: { objects } });

  await expect(late).rejects.toMatchObject({ type: 'Conflict' });
  expect(Object.keys(await source.stored())).toHaveLength(10);
  expect(await source.keys()).toHaveLength(20);
});

test('R17 another version, which a crash has left in front of its row, goes with its document', async () => {
  const source = await missing();
  const [row] = await source.db
    .selectFrom('documents')
    .select(['bucket', 'key'])
    .where('source', '=', source.id)
    .where('doc_id', '=', 'd0000')
    .execute();
  if (!row) throw new Error('There is no such document.');
  const newer = { ...row, body: Buffer.from('newer'), contentType: 'text/markdown', signal };
  await source.deps.objects.put(newer);

  const report = await source.reconcile('late');

  expect(report.counts).toMatchObject({ deleted: 1 });
  expect(await source.keys()).toHaveLength(18);
});

test('R17 an object that is gone already is no obstacle', async () => {
  const source = await missing();
  const keys = await source.keys();
  const broken = sleeping(source, async () => {
    const { objects } = source.deps;
    await objects.removeMany({ bucket: 'docs', keys, signal });
  });

  const report = await source.reconcile('late', true, { deps: { objects: broken } });

  expect(report.counts).toMatchObject({ deleted: 1 });
});
