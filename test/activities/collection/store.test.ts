import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMPLETE, document, documents, numbered, withCollecting } from './collecting.ts';

const newSource = withCollecting();

test('R1 a second run over an unchanged source writes nothing and counts everything as unchanged', async () => {
  const source = await newSource();
  source.emits([...documents('a', 'b', 'c'), COMPLETE]);

  const first = await source.run();
  source.server.requests.clear();
  const second = await source.run();

  expect(first).toMatchObject({ status: 'succeeded', counts: { added: 3, putRequests: 6 } });
  expect(second).toMatchObject({
    status: 'succeeded',
    counts: { added: 0, updated: 0, unchanged: 3 },
  });
  expect(second.counts).toMatchObject({ putRequests: 0, putBytes: 0, deleted: 0 });
  expect(source.server.requests.all().filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('the sidecar is written before its content', async () => {
  const source = await newSource();
  source.emits([document('a'), COMPLETE]);

  await source.run();

  const puts = source.server.requests.all().filter(({ operation }) => operation === 'PutObject');
  expect(puts.map(({ key }) => key.endsWith('.metadata.json'))).toEqual([true, false]);
});

test('a changed title alone writes the sidecar alone and keeps the time of collection', async () => {
  const source = await newSource();
  source.emits([document('a'), COMPLETE]);
  await source.run();
  const [key = ''] = await source.keys();
  const before = await source.sidecar(key);
  source.server.requests.clear();

  source.emits([document('a', 'The text of a.', { title: 'Another' }), COMPLETE]);
  const { counts } = await source.run();

  expect(counts).toMatchObject({ updated: 1, putRequests: 1 });
  expect(source.server.requests.count('PutObject')).toBe(1);
  const after = await source.sidecar(key);
  expect(after['title']?.value['stringValue']).toBe('Another');
  expect(after['collected_at']).toEqual(before['collected_at']);
});

test('R16 a text that changes from A to B and back to A ends as A', async () => {
  const source = await newSource();
  const texts = ['A\n', 'B\n', 'A\n'];
  for (const text of texts) {
    source.emits([document('a', text), COMPLETE]);
    expect(await source.run()).toMatchObject({ status: 'succeeded' });
    expect(await source.stored()).toEqual({ a: text });
  }
});

test('R16 of two documents with equal text, deleting one leaves the other', async () => {
  const source = await newSource();
  const equal = numbered(20).map((one) =>
    one.kind === 'document' ? document(one.document.id, 'same') : one,
  );
  source.emits([...equal, COMPLETE]);
  await source.run();

  source.emits([...equal.slice(1), COMPLETE]);
  const { counts } = await source.run();

  expect(counts).toMatchObject({ unchanged: 19, deleted: 1 });
  expect(Object.keys(await source.stored())).toHaveLength(19);
  expect(await source.keys()).toHaveLength(38);
});

test('of two documents with one id in a run the last one counts, once', async () => {
  const source = await newSource();
  source.emits([document('a', 'first'), document('a', 'second'), COMPLETE]);

  const { counts } = await source.run();

  expect(counts).toMatchObject({ added: 1, updated: 0 });
  expect(await source.stored()).toEqual({ a: 'second\n' });
});

test('a PDF is passed on as it is, with its own extension, and is not sent again', async () => {
  const source = await newSource();
  const bytes = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from([0, 255, 128])]);
  source.emits(async function* (_from, env) {
    const path = join(env.temporaryDirectory, 'file.pdf');
    await writeFile(path, bytes);
    yield document('a', { kind: 'file', contentType: 'application/pdf; x=1', path });
    yield COMPLETE;
  });

  const first = await source.run();
  const second = await source.run();

  const [key = ''] = await source.keys();
  expect(key).toMatch(/\/[0-9a-f]{2}\/[0-9a-f]{32}\.pdf$/);
  const signal = AbortSignal.timeout(5000);
  expect((await source.deps.objects.get({ bucket: 'docs', key, signal })).body).toEqual(bytes);
  expect([first.counts.added, second.counts.unchanged]).toEqual([1, 1]);
});

test('a document that becomes a PDF leaves no Markdown behind', async () => {
  const source = await newSource();
  source.emits([document('a'), COMPLETE]);
  await source.run();

  source.emits(async function* (_from, env) {
    const path = join(env.temporaryDirectory, 'file.pdf');
    await writeFile(path, '%PDF');
    yield document('a', { kind: 'file', contentType: 'application/pdf', path });
    yield COMPLETE;
  });
  await source.run();

  const keys = await source.keys();
  expect(keys.map((key) => key.replace(/.*\./, ''))).toEqual(['pdf', 'json']);
});

test('a new category moves every object and removes the old ones after the complete listing', async () => {
  const source = await newSource();
  source.emits([...documents('a', 'b'), COMPLETE]);
  await source.run();

  await source.redefine({ category: 'moved/here' });
  source.emits([
    ...documents('a', 'b'),
    { kind: 'listing', complete: false, why: 'page 2 failed' },
  ]);
  const incomplete = await source.run();
  const between = await source.keys();
  source.emits([...documents('a', 'b'), COMPLETE]);
  const complete = await source.run();

  expect(incomplete).toMatchObject({ status: 'partial', counts: { updated: 2, added: 0 } });
  expect(between).toHaveLength(8);
  expect(complete).toMatchObject({ status: 'succeeded', counts: { unchanged: 2 } });
  const keys = await source.keys();
  expect(keys).toHaveLength(4);
  expect(keys.every((key) => key.startsWith('default/moved/here/'))).toBe(true);
});

test('the removal of left-over objects marks the knowledge base, whatever was ingested in between', async () => {
  const source = await newSource();
  source.emits([document('a'), COMPLETE]);
  await source.run();
  await source.redefine({ category: 'moved' });
  source.emits([document('a'), { kind: 'listing', complete: false }]);
  await source.run();
  await source.db.updateTable('knowledge_base_state').set({ dirty_since: null }).execute();

  source.emits([document('a'), COMPLETE]);
  await source.run();

  const marks = await source.db
    .selectFrom('knowledge_base_state')
    .select('dirty_since')
    .where('data_source_id', '=', source.id)
    .execute();
  expect(marks[0]?.dirty_since).not.toBeNull();
});

test('a run that found nothing changed leaves no mark for the knowledge base', async () => {
  const source = await newSource();
  source.emits([document('a'), COMPLETE]);
  await source.run();
  await source.db.updateTable('knowledge_base_state').set({ dirty_since: null }).execute();

  await source.run();

  const marks = await source.db
    .selectFrom('knowledge_base_state')
    .select('dirty_since')
    .where('data_source_id', '=', source.id)
    .execute();
  expect(marks).toEqual([{ dirty_since: null }]);
});
