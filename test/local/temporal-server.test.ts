import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureSearchAttributes } from '../../adapters/temporal/search-attributes.ts';
import { choosePort } from '../../local/ports.ts';
import { type RunningTemporal, startTemporal } from '../../local/temporal-server.ts';
import { findTemporalCli } from '../../local/tools/temporal-cli.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';
import { toolSearch } from '../set-up/tools.ts';

const NAMES: readonly string[] = Object.values(SEARCH_ATTRIBUTES)
  .map(({ name }) => name)
  .toSorted();

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

test('all search attributes can be set and asked for; a killed server goes on with its file', async () => {
  const first = await start();
  await withClient(first.address, (client) => startWaiting(client));
  process.kill(serverPid(), 'SIGKILL');
  await first.stop();

  const second = await start();
  const found = await withClient(second.address, (client) => describeWaiting(client));

  expect(found.status).toBe('RUNNING');
  expect(found.confidence).toBe(0.5);
  expect(await registered(second.address)).toEqual(NAMES);
  await second.stop();
});

test('attributes that an existing file lacks are registered at the next start', async () => {
  const first = await start();
  await withConnection(first.address, async ({ operatorService }) => {
    await operatorService.removeSearchAttributes({
      namespace: 'default',
      searchAttributes: ['Stage', 'Outcome'],
    });
  });
  await first.stop();

  const second = await start();

  expect(await registered(second.address)).toEqual(expect.arrayContaining(['Stage', 'Outcome']));
  await second.stop();
});

test('two processes may register the same attributes at the same time', async () => {
  const server = await start();
  await withConnection(server.address, async (connection) => {
    const { operatorService } = connection;
    const searchAttributes = ['Stage', 'Outcome', 'Deadline'];
    await operatorService.removeSearchAttributes({ namespace: 'default', searchAttributes });

    const register = (): Promise<void> => ensureSearchAttributes(connection, 'default');
    await Promise.all([register(), register()]);
    await register();
  });

  expect(await registered(server.address)).toEqual(NAMES);
  await server.stop();
});

test('an attribute that exists with another type is named', async () => {
  const server = await start();
  const starting = withConnection(server.address, async (connection) => {
    const { operatorService } = connection;
    const namespace = 'default';
    const keyword = encodeSearchAttributeIndexedValueType('KEYWORD');
    if (keyword === undefined) throw new Error('no such type');
    await operatorService.removeSearchAttributes({ namespace, searchAttributes: ['Deadline'] });
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: { Deadline: keyword },
    });
    await ensureSearchAttributes(connection, namespace);
  });

  await expect(starting).rejects.toThrow(
    'Search attribute "Deadline" of Temporal namespace "default" is not of type DATETIME.',
  );
  await server.stop();
});

async function start(): Promise<RunningTemporal> {
  const { tool: cliPath } = await findTemporalCli({ ...toolSearch(true), sdkDownload: false });
  const { port } = await choosePort(0);
  const databaseFile = join(folder.path, 'temporal.db');
  return startTemporal({ cliPath, port, databaseFile, logFile: join(folder.path, 'temporal.log') });
}

function serverPid(): number {
  const record = readFileSync(join(folder.path, 'processes', 'Temporal.json'), 'utf8');
  return (JSON.parse(record) as { pid: number }).pid;
}

/** A workflow that nobody works on. */
async function startWaiting(client: Client): Promise<void> {
  await client.workflow.start('waits', {
    workflowId: 'waiting',
    taskQueue: 'nobody',
    typedSearchAttributes: new TypedSearchAttributes([
      { key: SEARCH_ATTRIBUTES.sourceId, value: 'docs' },
      { key: SEARCH_ATTRIBUTES.confidence, value: 0.5 },
      { key: SEARCH_ATTRIBUTES.documentsChanged, value: 3 },
      { key: SEARCH_ATTRIBUTES.awaitingHuman, value: true },
      { key: SEARCH_ATTRIBUTES.deadline, value: new Date('2026-11-21T00:00:00Z') },
    ]),
  });
}

async function describeWaiting(
  client: Client,
): Promise<{ status: string; confidence: number | undefined }> {
  const { status, typedSearchAttributes } = await client.workflow.getHandle('waiting').describe();
  return {
    status: status.name,
    confidence: typedSearchAttributes.get(SEARCH_ATTRIBUTES.confidence),
  };
}

async function registered(address: string): Promise<readonly string[]> {
  return withConnection(address, async ({ operatorService }) => {
    const { customAttributes } = await operatorService.listSearchAttributes({
      namespace: 'default',
    });
    return Object.keys(customAttributes).toSorted();
  });
}

async function withClient<Result>(
  address: string,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  return withConnection(address, (connection) => use(new Client({ connection })));
}

async function withConnection<Result>(
  address: string,
  use: (one: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await Connection.connect({ address });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}
