import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll } from 'vitest';
import { findTemporalTestServer } from '../../local/tools/temporal-test-server.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { sharedServer } from './servers.ts';
import { installQuietRuntime, runOnEveryQueue } from './temporal-workers.ts';
import { toolForTest } from './tools.ts';

/** The time-skipping test server, or `undefined` where this machine cannot have it. */
export const timeServerPath = await toolForTest(findTemporalTestServer);

/**
 * Gives the file that calls it a server on which days pass in milliseconds, with workers on every task queue. Its time is one for
 * all tests, and it skips only while a result is awaited or `sleep` is called. It has no schedules and no visibility to rely on.
 */
export function withTimeSkipping(activities: object): () => TestWorkflowEnvironment {
  let environment: TestWorkflowEnvironment | undefined;
  let workers: { stop(): Promise<void> } | undefined;
  beforeAll(async () => {
    if (timeServerPath === undefined) return;
    installQuietRuntime();
    environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: timeServerPath } },
    });
    const { nativeConnection: connection, namespace } = environment;
    await addSearchAttributes(environment);
    workers = await runOnEveryQueue({
      connection,
      namespace: namespace ?? 'default',
      activities,
      workflows: { codePath: await sharedServer('workflows') },
    });
  });
  afterAll(async () => {
    await workers?.stop();
    await environment?.teardown();
  });
  return () => {
    if (environment === undefined)
      throw new Error('The test server is there inside tests and hooks only.');
    return environment;
  };
}

/** This server cannot list them, so that `ensureSearchAttributes` has no use here. */
async function addSearchAttributes({
  connection,
  namespace = 'default',
}: TestWorkflowEnvironment): Promise<void> {
  const types = Object.values(SEARCH_ATTRIBUTES).flatMap(({ name, type }) => {
    const code = encodeSearchAttributeIndexedValueType(type);
    return code === undefined ? [] : [[name, code] as const];
  });
  const searchAttributes = Object.fromEntries(types);
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
