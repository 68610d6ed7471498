import { RetrieveCommand, type RetrievalFilter } from '@aws-sdk/client-bedrock-agent-runtime';
import { ApplicationFailure } from '@temporalio/common';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SliceReport } from '../../../workflows/collection/activities.ts';
import { createBucket, createDocs, runJob, setUp } from '../../local/bedrock/fixture.ts';
import { withDatabase } from '../../set-up/postgres.ts';
import { withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();
const url = withDatabase();
let admin: Client;
beforeAll(async () => {
  admin = new Client({ connectionString: url(), ssl: false });
  await admin.connect();
});
afterAll(() => admin.end());

const ROWS = 120;
beforeEach(async () => {
  await admin.query(`DROP TABLE IF EXISTS goods;
    CREATE TABLE goods (id int PRIMARY KEY, name text, colour text, note text, at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
    INSERT INTO goods SELECT n, 'Good ' || n, CASE WHEN n % 2 = 0 THEN 'red' ELSE 'blue' END, 'Number ' || n || ' of the shop, "as is"' || E'\\n\\n' || 'second, line'
      FROM generate_series(1, ${ROWS}) n`);
});

async function shop(config: Readonly<Record<string, unknown>>): Promise<SourceCase> {
  const source = await newSource();
  const { knowledgeBase } = source.definition();
  await source.redefine({
    type: 'database',
    knowledgeBase: { ...knowledgeBase, prefix: 'kb' },
    config: {
      url: url(),
      table: 'goods',
      title: 'name',
      body: 'note',
      deleted: { column: 'deleted_at' },
      metadataColumns: ['colour'],
      ...config,
    },
  });
  return source;
}

test('R1 a second run without a change costs no write, for rows and for shards', async () => {
  for (const how of [{ cursor: 'at' }, {}, { shardRows: 15 }]) {
    const source = await shop(how);
    const first = await source.run();
    const second = await source.run();

    expect(first).toMatchObject({ status: 'succeeded' });
    expect(second).toMatchObject({
      status: 'succeeded',
      counts: { putRequests: 0, added: 0, updated: 0 },
    });
    expect(second.counts.unchanged).toBe(first.counts.added);
  }
}, 90_000);

test('only changed shards are stored again, and rows leave with their shard', async () => {
  const source = await shop({ shardRows: 15 });
  const first = await source.run();
  await admin.query(
    `UPDATE goods SET note = 'changed' WHERE id = 100; UPDATE goods SET deleted_at = now() WHERE id = 101`,
  );
  const second = await source.run();

  const stored = Object.values(await source.stored()).join('\n');

  expect(first.counts.added).toBeGreaterThan(5);
  expect(second).toMatchObject({ status: 'succeeded' });
  expect(second.counts.updated).toBeGreaterThanOrEqual(1);
  expect(second.counts.updated).toBeLessThanOrEqual(2);
  expect(second.counts.putRequests).toBe(second.counts.updated * 2);
  expect(stored.match(/\["\d+"\]/gu)?.length ?? stored.match(/\[""\d+""\]/gu)?.length).toBe(
    ROWS - 1,
  );
  expect(stored).not.toContain('[""101""]');
});

describe('a shard in Bedrock', () => {
  async function ingested(source: SourceCase) {
    const keys = await source.keys();
    const files = await Promise.all(
      keys.map(async (key): Promise<[string, string]> => {
        const { objects } = source.deps;
        return [
          key,
          await objects.getText({ bucket: 'docs', key, signal: AbortSignal.timeout(10_000) }),
        ];
      }),
    );
    const setup = await setUp({ bucket: createBucket(Object.fromEntries(files)) });
    const ids = await createDocs(setup);
    const job = await runJob(setup, ids);
    async function ask(text: string, filter?: RetrievalFilter) {
      const vectorSearchConfiguration = { numberOfResults: 100, ...(filter ? { filter } : {}) };
      const { retrievalResults = [] } = await setup.runtime.send(
        new RetrieveCommand({
          ...ids,
          retrievalQuery: { text },
          retrievalConfiguration: { vectorSearchConfiguration },
        }),
      );
      return retrievalResults.map(({ content, metadata = {} }) => ({
        text: content?.text ?? '',
        metadata,
      }));
    }
    return { job, ask, keys };
  }

  test('is taken whole, and a question finds the one row with its own attributes', async () => {
    const source = await shop({ shardRows: 15 });
    await source.run();

    const { job, ask, keys } = await ingested(source);
    const [best] = await ask('goods 77');

    expect(
      keys.filter((key) => !key.endsWith('.csv') && !key.endsWith('.csv.metadata.json')),
    ).toStrictEqual([]);
    expect(job).toMatchObject({
      status: 'COMPLETE',
      statistics: { numberOfDocumentsFailed: 0, numberOfNewDocumentsIndexed: keys.length / 2 },
    });
    expect(best).toMatchObject({
      text: 'Good 77\n\nNumber 77 of the shop, "as is"\n\nsecond, line',
      metadata: {
        row_id: '["77"]',
        row_title: 'Good 77',
        x_colour: 'blue',
        source: source.id,
        source_type: 'database',
        tenant: 'default',
      },
    });
  });

  test('rows are filtered by their own attributes, and what is marked as deleted is not found', async () => {
    const source = await shop({ shardRows: 15 });
    await source.run();
    await admin.query('UPDATE goods SET deleted_at = now() WHERE id = 77');
    await source.run();

    const { ask } = await ingested(source);
    const red = await ask('goods of the shop', { equals: { key: 'x_colour', value: 'red' } });
    const gone = await ask('goods 77');

    expect(new Set(red.map(({ metadata }) => metadata['x_colour']))).toStrictEqual(
      new Set(['red']),
    );
    expect(gone.map(({ metadata }) => metadata['row_id'])).not.toContain('["77"]');
  });

  test('with S3 Vectors each shard is refused with the remedy, and nothing is stored', async () => {
    const source = await shop({ shardRows: 15 });
    const { knowledgeBase } = source.definition();
    await source.redefine({ knowledgeBase: { ...knowledgeBase, vectorStore: 's3-vectors' } });

    await source.collect({ run: 'vectors' });

    expect(await source.keys()).toStrictEqual([]);
    expect((await source.deadLetters())[0]).toMatchObject({
      failure: 'InvalidDocument',
      detail: expect.stringContaining('remove "shardRows"'),
    });
  });
});

/** Cuts the connections of sources to this database; how many there were. */
async function cutConnections(): Promise<number> {
  const { rowCount } = await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'wellspring' AND datname = current_database()`);
  return rowCount ?? 0;
}

/** Tries as Temporal does. */
async function patiently<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable || attempt > 5) throw error;
    }
  }
}

test('F14 connections are cut while rows are read: the run goes on behind the last acknowledged key, and stores each row once', async () => {
  const source = await shop({ cursor: 'at', pageSize: 10 });
  const { objects, tuning } = source.deps;
  const [putsAtCut, batchDocuments] = [[60, 61, 130, 200], 20];
  let [puts, cuts, slices] = [0, 0, 0];
  const put: typeof objects.put = async (request) => {
    puts += 1;
    if (putsAtCut.includes(puts)) cuts += await cutConnections();
    return objects.put(request);
  };
  const deps = { objects: { ...objects, put }, tuning: { ...tuning, batchDocuments } };
  let report: SliceReport;
  do {
    const slice = slices;
    report = await patiently((attempt) => source.collect({ run: 'cut', slice, attempt, deps }));
    slices += 1;
  } while (report.more);

  expect(cuts, 'the fault was not seen to happen').toBeGreaterThan(0);
  expect(slices).toBeGreaterThan(1);
  expect(report).toMatchObject({ listing: { complete: true }, counts: { added: ROWS, failed: 0 } });
  // What was put before a cut is known by its hash: no row is put twice.
  expect(puts).toBe(2 * ROWS);
  expect(Object.keys(await source.stored())).toHaveLength(ROWS);
}, 90_000);

test('F41 a password that PostgreSQL refuses, because it was renewed since it was read, is read again', async () => {
  const user = 'rotated_of_tests';
  await admin.query(`DO $$ BEGIN CREATE ROLE ${user} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    ALTER ROLE ${user} PASSWORD 'canary-old'; GRANT SELECT ON goods TO ${user}`);
  const source = await shop({ url: 'secretsmanager:shop', pageSize: 10 });
  const address = (password: string): string => {
    const own = new URL(url());
    own.username = user;
    own.password = password;
    return own.href;
  };
  const state = { now: address('canary-old'), kept: address('canary-old') };
  const secretsManager = (_name: string, { fresh = false } = {}): Promise<string> => {
    if (fresh) state.kept = state.now;
    return Promise.resolve(state.kept);
  };
  const deps = { secrets: { variable: () => undefined, secretsManager } };

  await admin.query(`ALTER ROLE ${user} PASSWORD 'canary-new'`);
  state.now = address('canary-new');
  const slice = await source.collect({ run: 'rotated', deps });

  expect(slice).toMatchObject({ more: false, counts: { added: ROWS } });
}, 90_000);
