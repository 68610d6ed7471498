import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAwsClients } from '../../../adapters/aws/clients.ts';
import type { collectSource, RunOutcome } from '../../../workflows/collection/collect-source.ts';
import { json, runCli } from '../../client/run-cli.ts';
import { startRunningSystem, type RunningSystem } from '../../client/running-system.ts';
import { withDatabase } from '../../set-up/postgres.ts';
import { sharedServer } from '../../set-up/servers.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';
import { DOCS_HISTORY, openDocsHistory, type DocsHistory } from './docs-history.ts';
import { expected } from './r19-docs-history.ts';
import { storedBelow } from './rule-stage.ts';

describe.skipIf(DOCS_HISTORY === '')('R19: the guard with its floor at one document', () => {
  const databaseUrl = withDatabase();
  const undo = new AsyncDisposableStack();
  let system: RunningSystem;
  let history: DocsHistory;

  beforeAll(async () => {
    const folder = undo.use(await temporaryFolder());
    history = await openDocsHistory(folder.path);
    const temporalAddress = await sharedServer('temporal');
    system = await startRunningSystem({ temporalAddress, databaseUrl: databaseUrl() });
    undo.defer(() => system.stop());
    await writeFile(join(system.folder, 'wellspring.yaml'), definitions(history.tree));
    await cli('apply');
  });
  afterAll(() => undo.disposeAsync());

  const cli = (...args: readonly string[]) =>
    runCli(args, { cwd: system.folder, env: { COLUMNS: '140' } });
  const collect = (n: number): Promise<RunOutcome> =>
    system.temporal.client.workflow.execute<typeof collectSource>('collectSource', {
      workflowId: `collect:docs-${n}`,
      taskQueue: 'orchestration',
      args: [{ v: 1, source: 'docs', trigger: 'schedule' }],
    });

  test('holds two of the 99 changes; approved by the verb, S3 equals the tree again', async () => {
    const held: number[] = [];
    for (const change of history.changes) {
      await history.checkOut(change);
      const { status } = await collect(change.n);
      if (status === 'held') {
        held.push(change.n);
        await approve();
      }
      expect(await stored(), `after change ${change.n}`).toEqual(await expected(history));
    }

    expect(held).toEqual([61, 70]);
  }, 900_000);

  async function approve(): Promise<void> {
    const [question] = json((await cli('approvals', '--json')).stdout) as readonly {
      digest: string;
    }[];
    const { code, stdout, stderr } = await cli(
      'approve',
      question?.digest.slice(0, 8) ?? '',
      '--yes',
    );
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('docs');
  }

  async function stored(): Promise<ReadonlyMap<string, string>> {
    const { aws } = system.endpoints;
    if (!aws) throw new Error('The system has no cloud.');
    const clients = createAwsClients({
      region: aws.region,
      credentials: { accessKeyId: aws.accessKeyId, secretAccessKey: aws.secretAccessKey },
      endpoints: { s3: aws.endpoints['S3'] ?? '' },
    });
    try {
      return await storedBelow({ clients, bucket: 'documents' }, '');
    } finally {
      clients.close();
    }
  }
});

function definitions(tree: string): string {
  const script = new URL('../../fakes/folder-script.mjs', import.meta.url).pathname;
  return `
knowledgeBases:
  - id: main
    knowledgeBaseId: "\${env:KNOWLEDGE_BASE_ID}"
    dataSourceId: "\${env:DATA_SOURCE_ID}"
    bucket: "\${env:SOURCE_AGENTS_S3_BUCKET}"
    sync: { quiet: "1 second", maxWait: "5 seconds" }
sources:
  - id: docs
    type: script
    schedule: every 24 hours
    limits: { deletionFloor: 1 }
    config: { command: ["${process.execPath}", "${script}", "${tree}"] }
`;
}
