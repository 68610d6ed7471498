import { expect, test } from 'vitest';
import { COMPLETE, documents, numbered, withCollecting, type Message } from './collecting.ts';

const newSource = withCollecting();

async function filled(count: number) {
  const source = await newSource();
  source.emits([...numbered(count), COMPLETE]);
  await source.run();
  return source;
}

test.each([
  ['that says it was incomplete', [{ kind: 'listing', complete: false, why: 'page 3 failed' }]],
  ['that is missing', []],
] as const)('R4 a listing %s deletes nothing', async (_what, listing) => {
  const source = await filled(20);
  source.emits([...numbered(20).slice(1), ...listing]);

  const ran = await source.run();

  expect(ran.counts).toMatchObject({ unchanged: 19, deleted: 0 });
  expect(await source.keys()).toHaveLength(40);
});

test('R5 more removals than the guard allows are held: nothing is deleted, and the run says what would be', async () => {
  const source = await filled(40);
  source.emits([...numbered(40).slice(7), COMPLETE]);

  const ran = await source.run();

  expect(ran).toMatchObject({
    status: 'held',
    held: { failure: 'ContentShrank', candidates: 7, live: 40 },
    counts: { deleted: 0, unchanged: 33 },
  });
  expect(ran.held?.sample).toHaveLength(7);
  expect(ran.because).toContain('7 of 40 documents would be deleted');
  expect(await source.keys()).toHaveLength(80);
  const row = await source.db
    .selectFrom('runs')
    .select('held')
    .where('id', '=', ran.run)
    .executeTakeFirst();
  expect(row?.held).toMatchObject({ digest: ran.held?.digest });
});

test('R5 the digest of a held set is the same while the set is', async () => {
  const source = await filled(40);
  source.emits([...numbered(40).slice(7), COMPLETE]);

  const [first, second] = [await source.run(), await source.run()];
  source.emits([...numbered(40).slice(8), COMPLETE]);
  const third = await source.run();

  expect(second.held?.digest).toBe(first.held?.digest);
  expect(third.held?.digest).not.toBe(first.held?.digest);
});

test('R7 a source that shows nothing where there was some is held, however small it was', async () => {
  const source = await filled(2);
  source.emits([COMPLETE]);

  const ran = await source.run();

  expect(ran).toMatchObject({ status: 'held', held: { failure: 'EmptyResult', candidates: 2 } });
  expect(await source.keys()).toHaveLength(4);
});

test('the guard opens with limits.maxDeletedShare', async () => {
  const source = await filled(40);
  const { limits } = source.definition();
  await source.redefine({ limits: { ...limits, maxDeletedShare: 1 } });
  source.emits([COMPLETE]);

  expect(await source.run()).toMatchObject({ status: 'succeeded', counts: { deleted: 40 } });
  expect(await source.keys()).toEqual([]);
});

const gone = (id: string, tentative = false): Message => ({
  kind: 'gone',
  id,
  why: '404',
  ...(tentative ? { tentative: true } : {}),
});

test('a document that the source knows to be gone is deleted without a listing, and the record names the rule', async () => {
  const source = await filled(4);
  source.emits([gone('d0000')]);

  expect(await source.run()).toMatchObject({ status: 'succeeded', counts: { deleted: 1 } });
  expect(await source.keys()).toHaveLength(6);
  const records = await source.db
    .selectFrom('deletions')
    .selectAll()
    .where('source', '=', source.id)
    .execute();
  expect(records).toMatchObject([
    { doc_id: 'd0000', rule: 'removed at the source: 404', run: `collect:${source.id}-2` },
  ]);
});

test('a page that is not found is deleted at its second sighting, in another run', async () => {
  const source = await filled(4);
  source.emits([gone('d0000', true)]);

  const first = await source.run();
  await source.collect({ run: first.run, attempt: 2 });
  const kept = (await source.keys()).length;
  const second = await source.run();

  expect([first.counts.deleted, kept, second.counts.deleted]).toEqual([0, 8, 1]);
});

test('a page that comes back between two sightings is not deleted', async () => {
  const source = await filled(4);
  for (const messages of [[gone('d0000', true)], documents('d0000'), [gone('d0000', true)]]) {
    source.emits(messages);
    await source.run();
  }

  expect((await source.keys()).length).toBe(8);
});

test('a deleted document that comes back is added again', async () => {
  const source = await filled(4);
  source.emits([...numbered(4).slice(1), COMPLETE]);
  await source.run();
  source.emits([...numbered(4), COMPLETE]);

  expect(await source.run()).toMatchObject({ counts: { added: 1, unchanged: 3 } });
  expect(await source.keys()).toHaveLength(8);
});

test('a thousand removals go in steps of five hundred, each with its record', async () => {
  const source = await newSource();
  const { limits } = source.definition();
  await source.redefine({ limits: { ...limits, maxDeletedShare: 1 } });
  source.emits([...numbered(601), COMPLETE]);
  await source.collect({ run: 'first', deps: { objects: source.withoutStore() } });
  source.server.requests.clear();
  source.emits([...numbered(1), COMPLETE]);

  const ran = await source.run();

  expect(ran.counts.deleted).toBe(600);
  expect(source.server.requests.count('DeleteObjects')).toBe(4);
  const states = await source.db
    .selectFrom('documents')
    .select('state')
    .distinct()
    .where('source', '=', source.id)
    .execute();
  expect(states.map(({ state }) => state).toSorted()).toEqual(['deleted', 'live']);
});

test('a failure that names no document makes the listing incomplete, so that nothing is deleted for it', async () => {
  const source = await newSource();
  source.emits([...documents('a', 'b', 'c'), COMPLETE]);
  await source.run();
  source.emits([
    ...documents('a', 'b'),
    { kind: 'failed', failure: 'InvalidDocument', detail: 'A document could not be read.' },
    COMPLETE,
  ]);

  const ran = await source.run();

  expect(ran).toMatchObject({ status: 'partial', counts: { failed: 1, deleted: 0 } });
  expect(ran.because).toContain('the source does not say which');
  expect(Object.keys(await source.stored()).toSorted()).toEqual(['a', 'b', 'c']);
});
