import { expect, test } from 'vitest';
import { COMPLETE, document, withCollecting } from './collecting.ts';

const newSource = withCollecting();

test('a new data source is marked although every document is unchanged, and an unchanged one is not', async () => {
  const source = await newSource();
  source.emits([document('a'), document('b'), COMPLETE]);
  await source.run();
  await source.db.deleteFrom('knowledge_base_state').execute();
  const again = await source.run();

  const marks = source.db
    .selectFrom('knowledge_base_state')
    .select(['knowledge_base_id', 'data_source_id']);
  const quiet = await marks.execute();
  await source.redefine({
    knowledgeBase: { ...source.definition().knowledgeBase, dataSourceId: 'DS00000002' },
  });
  const moved = await source.run();

  expect(again.counts).toMatchObject({ unchanged: 2, putRequests: 0 });
  expect(quiet).toEqual([]);
  expect(moved.counts).toMatchObject({ unchanged: 2, putRequests: 0 });
  expect(await marks.execute()).toEqual([
    expect.objectContaining({ data_source_id: 'DS00000002' }),
  ]);
});

test('a source that moves to another knowledge base tells the old one that its documents went', async () => {
  const source = await newSource();
  source.emits([document('a'), document('b'), COMPLETE]);
  await source.run();
  const before = source.definition().knowledgeBase;
  await source.db.deleteFrom('knowledge_base_state').execute();

  await source.redefine({
    category: 'moved',
    knowledgeBase: {
      ...source.definition().knowledgeBase,
      knowledgeBaseId: 'KB00000002',
      dataSourceId: 'DS00000002',
    },
  });
  await source.run();

  const marked = await source.db
    .selectFrom('knowledge_base_state')
    .select('knowledge_base_id')
    .orderBy('knowledge_base_id')
    .execute();
  expect(marked.map((row) => row.knowledge_base_id)).toEqual(
    ['KB00000002', before.knowledgeBaseId].toSorted(),
  );
});
