import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Endpoints,
  readEndpoints,
  removeEndpoints,
  writeEndpoints,
} from '../../adapters/endpoints.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

const RUNNING: Endpoints = {
  version: 1,
  pid: 4711,
  startedAt: '2026-11-21T10:00:00.000Z',
  temporal: { address: '127.0.0.1:7233', namespace: 'default', uiUrl: 'http://127.0.0.1:8233' },
  database: { url: 'postgres://wellspring:word@127.0.0.1:5432/wellspring' },
  aws: {
    endpoints: { S3: 'http://127.0.0.1:9000', BEDROCK_AGENT: 'http://127.0.0.1:9001' },
    region: 'us-east-1',
    accessKeyId: 'local',
    secretAccessKey: 'local',
  },
  metricsUrl: 'http://127.0.0.1:9464/metrics',
  configFile: '/srv/wellspring.yaml',
  variables: { KNOWLEDGE_BASE_ID: 'KB00000001' },
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

test('what was written is read, and only its owner may read it', async () => {
  await writeEndpoints(folder.path, { ...RUNNING, pid: 1 });
  await writeEndpoints(folder.path, RUNNING);

  expect(await readEndpoints(folder.path)).toEqual(RUNNING);
  expect(statSync(join(folder.path, 'endpoints.json')).mode & 0o777).toBe(0o600);
});

test('without a file nothing runs, also after it was removed', async () => {
  const before = await readEndpoints(folder.path);
  await writeEndpoints(folder.path, RUNNING);
  await removeEndpoints(folder.path);

  expect([before, await readEndpoints(folder.path)]).toEqual([undefined, undefined]);
});

test.each([
  ['is no JSON', '{'],
  ['is of another version', JSON.stringify({ ...RUNNING, version: 2 })],
  ['has an unknown field', JSON.stringify({ ...RUNNING, more: 1 })],
])('a file that %s is named, and how to get a good one', async (_, text) => {
  writeFileSync(join(folder.path, 'endpoints.json'), text);

  await expect(readEndpoints(folder.path)).rejects.toThrow(
    /endpoints\.json" is not an endpoints file of this version \(.*\)\. Start the system again with "npm start"\./,
  );
});
