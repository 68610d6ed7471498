import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { ingestionActivities } from '../../../activities/collection/sync-activities.ts';
import type { IngestionReport } from '../../../workflows/collection/activities.ts';
import { withCollecting } from './collecting.ts';

const newSource = withCollecting();

const TIMES = { startedAt: '2026-11-21T12:00:00Z', finishedAt: '2026-11-21T12:05:00Z' };

/** Records jobs of one data source; tells what people were told of it. */
async function recording() {
  const { db, deps, id } = await newSource();
  const target = { id: 'main', knowledgeBaseId: 'KB1', dataSourceId: id, quietMs: 1, maxWaitMs: 1 };
  let jobs = 0;
  return {
    record: async (rest: Partial<IngestionReport>): Promise<void> => {
      jobs += 1;
      const job = { jobId: `${id}-${jobs}`, status: 'COMPLETE', ...TIMES } as const;
      const report = { ...job, statistics: {}, failedDocuments: [], ...rest };
      await ingestionActivities(deps).recordIngestion({ ...target, report });
    },
    notices: async () => {
      const { rows } = await sql<{ what: string; command: string; open: boolean }>`
        select what, command, closed_at is null as open from notices where subject = ${`kb-sync:KB1:${id}`} order by id`.execute(
        db,
      );
      return rows;
    },
    command: `npm run temporal -- workflow show --workflow-id kb-sync:KB1:${id}`,
  };
}

test('documents that a knowledge base refuses are told once, until a job takes everything', async () => {
  const { record, notices, command } = await recording();
  const failedDocuments = [{ uri: 's3://docs/a.md', reason: 'The file is too large.' }];

  await record({ failedDocuments, statistics: { failed: 3 } });
  await record({ failedDocuments, statistics: { failed: 3 } });
  expect(await notices()).toEqual([
    {
      what: 'Knowledge base "main" refused 3 documents: IngestionFailed, the first is "s3://docs/a.md", because "The file is too large". The next two syncs try them again; "npm run cli -- doctor" lists them, and "reindex" lets them try at once.',
      command,
      open: true,
    },
  ]);

  await record({});
  expect(await notices()).toMatchObject([{ open: false }]);
});

test('a job that failed as a whole says why', async () => {
  const { record, notices } = await recording();

  await record({ status: 'FAILED', failureMessage: 'No access to the bucket.' });

  expect(await notices()).toMatchObject([
    {
      what: expect.stringMatching(
        /^Knowledge base "main" was not brought up to date: IngestionFailed, job ".+" ended FAILED\. It says "No access to the bucket"\./,
      ),
      open: true,
    },
  ]);
});

test('a job that took everything is not worth a word', async () => {
  const { record, notices } = await recording();

  await record({});

  expect(await notices()).toEqual([]);
});
