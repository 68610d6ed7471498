import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { GetDataSourceCommand } from '@aws-sdk/client-bedrock-agent';
import { afterEach, expect, test } from 'vitest';
import { createAwsClients } from '../../adapters/aws/clients.ts';
import { environmentWith } from '../../local/config.ts';
import { startS3Server } from '../../local/s3/server.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

const PROGRAM = fileURLToPath(new URL('../../local/bedrock-main.ts', import.meta.url));
const credentials = { accessKeyId: 'LOCALKEY', secretAccessKey: 'a-secret-of-this-test' };
const children = new Set<ChildProcess>();

afterEach(async () => {
  await Promise.all([...children].map(end));
});

test('the embedded Bedrock serves beside an S3 server and keeps its ids over a restart', async () => {
  await using folder = await temporaryFolder();
  const bucket = 'documents';
  const s3 = await startS3Server({
    directory: `${folder.path}/s3`,
    buckets: [bucket],
    ...credentials,
  });
  const variables = {
    BEDROCK_ADDRESS: '127.0.0.1:0',
    BEDROCK_DIRECTORY: `${folder.path}/bedrock`,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: 'us-east-1',
    SOURCE_AGENTS_S3_BUCKET: bucket,
  };

  const first = await start(variables);
  await end(first.child);
  const second = await start(variables);

  expect(second.ids).toEqual(first.ids);
  const clients = createAwsClients({
    region: 'us-east-1',
    credentials: { ...credentials },
    endpoints: { bedrockAgent: second.url, bedrockAgentRuntime: second.url },
  });
  const { dataSource } = await clients.bedrockAgent.send(
    new GetDataSourceCommand({
      knowledgeBaseId: second.ids['KNOWLEDGE_BASE_ID'],
      dataSourceId: second.ids['DATA_SOURCE_ID'],
    }),
  );
  expect(dataSource?.dataSourceConfiguration?.s3Configuration?.bucketArn).toBe(
    `arn:aws:s3:::${bucket}`,
  );
  clients.close();
  await end(second.child);
  await s3.close();
});

test('a start with wrong variables names each of them and no value', async () => {
  const child = run({
    AWS_ENDPOINT_URL_S3: 's3:7070',
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: 'hush',
    SOURCE_AGENTS_S3_BUCKET: '',
  });
  const said = text(child.stderr);

  await once(child, 'exit');

  expect(child.exitCode).toBe(1);
  expect(await said).toBe(
    '3 settings are wrong. AWS_ENDPOINT_URL_S3 is wrong: expected an http or https address. ' +
      'AWS_ACCESS_KEY_ID is missing. SOURCE_AGENTS_S3_BUCKET is missing.\n',
  );
});

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly ids: Readonly<Record<string, string>>;
}

async function start(variables: Readonly<Record<string, string>>): Promise<Started> {
  const child = run(variables);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === 3) break;
  }
  const [first = '', ...rest] = lines;
  const [, url = ''] = /^Bedrock on (http:\S+?),/.exec(first) ?? [];
  return { child, url, ids: Object.fromEntries(rest.map((line) => line.split('=', 2))) };
}

function run(variables: Readonly<Record<string, string | undefined>>) {
  const child = spawn(process.execPath, [PROGRAM], {
    env: environmentWith(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
