import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createAwsClients, type AwsClients } from '../../adapters/aws/clients.ts';
import type { Endpoints } from '../../adapters/endpoints.ts';
import type { CloudConfig } from '../cloud.ts';
import { ensureKnowledgeBase } from '../knowledge-base.ts';
import { startProcess } from '../processes.ts';
import { PORTS, type SystemContext, type Variables } from './context.ts';
import { supervise, type Stoppable } from './supervise.ts';

export interface CloudPart extends Stoppable {
  readonly endpoints: NonNullable<Endpoints['aws']>;
  /** Ids and buckets, for definitions. */
  readonly variables: Variables;
  readonly clients: AwsClients;
}

const REGION = 'us-east-1';
const BUCKETS = { documents: 'wellspring-documents', evidence: 'wellspring-evidence' } as const;
const READY_TIMEOUT_MS = 30_000;

/** Starts the embedded S3 and Bedrock in a process of their own, and makes the knowledge base of the first start. */
export async function startCloud(context: SystemContext): Promise<CloudPart> {
  const folder = join(context.stateFolder, 'cloud');
  await mkdir(folder, { recursive: true });
  const credentials = await readCredentials(join(folder, 'credentials.json'));
  const config: CloudConfig = {
    ...credentials,
    directory: folder,
    region: REGION,
    s3Port: await context.port('S3', PORTS.s3),
    bedrockPort: await context.port('Bedrock', PORTS.bedrock),
    buckets: Object.values(BUCKETS),
    // Bedrock takes minutes; a laptop's first question should not wait for them. The quota of starts exists, wider.
    startingMs: 200,
    inProgressMs: 500,
    startsPerSecond: 2,
  };
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const s3 = `http://127.0.0.1:${config.s3Port}`;
  const bedrock = `http://127.0.0.1:${config.bedrockPort}`;
  const cloud = await supervise(
    'The embedded cloud',
    (onExit) => startCloudProcess(context, { file, urls: [s3, bedrock], onExit }),
    context.announce,
  );
  const clients = createAwsClients({
    region: REGION,
    // A copy: the SDK writes a mark of its own into it.
    credentials: { ...credentials },
    endpoints: { s3, bedrockAgent: bedrock, bedrockAgentRuntime: bedrock },
  });
  const target = { region: REGION, bucket: BUCKETS.documents };
  const variables = await ensureKnowledgeBase(clients, target).catch(async (error: unknown) => {
    await cloud.stop();
    throw error;
  });
  return {
    endpoints: {
      endpoints: {
        S3: s3,
        BEDROCK_AGENT: bedrock,
        BEDROCK_AGENT_RUNTIME: bedrock,
        BEDROCK_RUNTIME: bedrock,
      },
      region: REGION,
      ...credentials,
    },
    variables: {
      ...variables,
      SOURCE_AGENTS_S3_BUCKET: BUCKETS.documents,
      EVIDENCE_BUCKET: BUCKETS.evidence,
    },
    clients,
    async stop() {
      clients.close();
      await cloud.stop();
    },
  };
}

interface CloudProcess {
  readonly file: string;
  readonly urls: readonly string[];
  readonly onExit: NonNullable<Parameters<typeof startProcess>[0]['onExit']>;
}

function startCloudProcess({ stateFolder }: SystemContext, { file, urls, onExit }: CloudProcess) {
  return startProcess({
    name: 'cloud',
    command: process.execPath,
    args: [fileURLToPath(new URL('../cloud.ts', import.meta.url)), file],
    logFile: join(stateFolder, 'logs', 'cloud.log'),
    recordFolder: join(stateFolder, 'processes'),
    program: 'cloud.ts',
    ready: async () => (await Promise.all(urls.map(answers))).every(Boolean),
    readyTimeoutMs: READY_TIMEOUT_MS,
    onExit,
  });
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
  await response.arrayBuffer();
  return true;
}

const Credentials = z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() });

/** Made at the first start and kept: another user of this machine cannot guess them. */
async function readCredentials(file: string): Promise<z.infer<typeof Credentials>> {
  try {
    return Credentials.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const credentials = {
    accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(24).toString('base64url'),
  };
  // At once: a kill between the bytes must not leave a file that no start can read.
  await writeFile(`${file}.new`, JSON.stringify(credentials), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return credentials;
}
