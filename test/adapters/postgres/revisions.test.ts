import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { definitionDigest } from '../../../adapters/definitions/digest.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { repairPolicyOf } from '../../../adapters/postgres/repair-policy.ts';
import {
  definitionByDigest,
  definitionOf,
  definitionsInForce,
  revisionInForce,
  storeRevision,
} from '../../../adapters/postgres/revisions.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});

beforeEach(async () => {
  await db.deleteFrom('revisions').execute();
  await db.deleteFrom('definitions').execute();
});

afterAll(async () => {
  await db.destroy();
});

const apply = (definitions: readonly SourceDefinition[], author = 'ana') =>
  storeRevision(db, { definitions, author });

test('before the first apply nothing is in force', async () => {
  expect(await revisionInForce(db)).toBeUndefined();
  expect(await definitionsInForce(db)).toEqual([]);
  expect(await definitionOf(db, 'docs')).toBeUndefined();
});

test('a stored revision is in force with all of its definitions', async () => {
  const docs = sourceDefinition({ id: 'docs' });
  const articles = sourceDefinition({
    id: 'articles',
    limits: { timeoutMs: 1, sliceDocuments: 1, maxDocuments: 2, maxDeletedShare: 0.15 },
  });

  const { revision, changed } = await storeRevision(db, {
    definitions: [docs, articles],
    author: 'ana',
    commit: '4f2c9e1',
  });

  expect(changed).toBe(true);
  expect(revision).toMatchObject({ author: 'ana', commit: '4f2c9e1' });
  expect(Object.entries(revision.sources)).toEqual([
    ['articles', definitionDigest(articles)],
    ['docs', definitionDigest(docs)],
  ]);
  expect(await revisionInForce(db)).toEqual(revision);
  expect(await definitionsInForce(db)).toEqual([articles, docs]);
  expect(await definitionOf(db, 'docs')).toEqual({
    definition: docs,
    digest: definitionDigest(docs),
  });
});

test('the same contents make no second revision, in any order and by anybody', async () => {
  const [docs, articles] = [sourceDefinition({ id: 'docs' }), sourceDefinition({ id: 'articles' })];
  const first = await apply([docs, articles]);

  const again = await apply([articles, docs], 'ben');

  expect(again).toEqual({ revision: first.revision, changed: false });
});

test('a new revision takes over, and the old definition stays readable by its digest', async () => {
  const before = sourceDefinition({ id: 'docs' });
  const after = sourceDefinition({ id: 'docs', title: 'Documentation' });
  const first = await apply([before, sourceDefinition({ id: 'gone' })]);

  const second = await apply([after]);

  expect(second.revision.id).toBeGreaterThan(first.revision.id);
  expect(await definitionsInForce(db)).toEqual([after]);
  expect(await definitionOf(db, 'gone')).toBeUndefined();
  expect(await definitionByDigest(db, definitionDigest(before))).toEqual(before);
});

test('going back to old contents is a revision of its own', async () => {
  const first = await apply([sourceDefinition({ id: 'docs' })]);
  await apply([]);

  const third = await apply([sourceDefinition({ id: 'docs' })]);

  expect(third.changed).toBe(true);
  expect(third.revision.sources).toEqual(first.revision.sources);
});

test('appliers at the same time leave exactly one revision in force, and one row for equal contents', async () => {
  const definitions = Array.from({ length: 1500 }, (_, at) => sourceDefinition({ id: `s-${at}` }));

  const results = await Promise.all(
    ['ana', 'ben', 'cem', 'dia'].map((author) => apply(definitions, author)),
  );

  const rows = await db.selectFrom('revisions').select('in_force').execute();
  expect(rows).toEqual([{ in_force: true }]);
  expect(results.filter(({ changed }) => changed)).toHaveLength(1);
  expect(await definitionsInForce(db)).toHaveLength(1500);
});

test('a changed policy of repairs makes a revision, and changes the hash of what it governs', async () => {
  const docs = sourceDefinition({ id: 'docs' });
  await apply([docs]);
  const before = await repairPolicyOf(db, 'docs');

  const { changed } = await storeRevision(db, {
    definitions: [docs],
    repair: { version: 1, phase: 'autonomous' },
    author: 'ana',
  });

  const after = await repairPolicyOf(db, 'docs');
  expect(changed).toBe(true);
  expect(before?.phase).toBe('assisted');
  expect(after?.phase).toBe('autonomous');
  expect(after?.hash).not.toBe(before?.hash);
  expect(await repairPolicyOf(db, 'unknown')).toBeUndefined();
});
