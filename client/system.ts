import { basename } from 'node:path';
import type { AwsClientOptions, AwsClients } from '../adapters/aws/clients.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { Temporal } from '../adapters/temporal/connection.ts';
import type { Schedules } from '../adapters/temporal/schedules.ts';
import type { ClientConfig } from './config.ts';
import { Problem } from './problem.ts';
import type { Target } from './target.ts';

/** The connections to one system. Each is opened when it is first asked for, and its SDK loaded no earlier. */
export interface System {
  readonly target: Target;
  database(): Promise<Database>;
  temporal(): Promise<Temporal>;
  schedules(): Promise<Schedules>;
  aws(): Promise<AwsClients>;
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** `target` is asked for with the first connection; what is wrong with it is thrown there. */
export function openSystem(target: Target, config: ClientConfig): System {
  const closing: (() => Promise<void> | void)[] = [];
  const database = once(async () => {
    const { openDatabase } = await import('../adapters/postgres/database.ts');
    const opened = openDatabase(databaseUrl(target, config), { maxConnections: 4 });
    closing.push(() => opened.destroy());
    return opened;
  });
  const temporal = once(async () => {
    const { connectTemporal } = await import('../adapters/temporal/connection.ts');
    const opened = connectTemporal(temporalOptions(target));
    closing.push(() => opened.close());
    await reach(opened, target);
    return opened;
  });
  const aws = once(async () => {
    const { createAwsClients } = await import('../adapters/aws/clients.ts');
    const opened = createAwsClients(awsOptions(target));
    closing.push(() => opened.close());
    return opened;
  });
  return {
    target,
    database,
    temporal,
    aws,
    async schedules() {
      const { createSchedules } = await import('../adapters/temporal/schedules.ts');
      return createSchedules((await temporal()).client);
    },
    async close() {
      await Promise.allSettled(closing.splice(0).map(async (close) => close()));
    },
  };
}

const CONNECT_WITHIN_MS = 5000;

/** The client would try for 20 seconds; a person who typed a command should not wait that long for a server that is not there. */
async function reach({ connection, address }: Temporal, target: Target): Promise<void> {
  try {
    const deadline = Date.now() + CONNECT_WITHIN_MS;
    await connection.withDeadline(deadline, () => connection.workflowService.getSystemInfo({}));
  } catch (cause) {
    const { isGrpcServiceError } = await import('@temporalio/client');
    // Another answer is an answer, too: the call that follows says what it means.
    const isSilent = !isGrpcServiceError(cause) || SILENT.has(cause.code);
    if (!isSilent) return;
    const look =
      target.kind === 'embedded'
        ? 'whether "npm start" still runs'
        : 'at TEMPORAL_ADDRESS and at the server';
    throw new Problem(`Temporal does not answer at "${address}".`, {
      failure: 'Unavailable',
      remedy: `Look ${look}.`,
      cause,
    });
  }
}

/** DEADLINE_EXCEEDED and UNAVAILABLE: https://grpc.io/docs/guides/status-codes/ */
const SILENT: ReadonlySet<number> = new Set([4, 14]);

/** One line for people: which system this is. */
export function describeTarget(target: Target, config: ClientConfig): string {
  if (target.kind === 'embedded') {
    return `wellspring: the embedded system of ${folderText(target)} (Temporal ${target.endpoints.temporal.address})`;
  }
  const address = config.variable('TEMPORAL_ADDRESS');
  const profile = config.variable('TEMPORAL_PROFILE');
  const where = address ?? (profile === undefined ? 'its default address' : `profile "${profile}"`);
  return `wellspring: the real system, because ${target.because} (Temporal at ${where})`;
}

/** Who had to name the folder has to name it in the next command too, which what we print cannot know. */
function folderText({ folder }: Extract<Target, { kind: 'embedded' }>): string {
  return basename(folder) === '.wellspring'
    ? 'this folder'
    : `"${folder}"; the commands below need its --state as well`;
}

function databaseUrl(target: Target, { databaseUrl: real }: ClientConfig): string {
  const url = target.kind === 'embedded' ? (target.endpoints.database?.url ?? real) : real;
  if (url !== undefined) return url;
  throw new Problem(
    'WELLSPRING_DATABASE_URL is missing, and this system has no embedded database.',
    {
      failure: 'InvalidConfig',
      remedy: 'Set it to postgres://user:password@host/database.',
    },
  );
}

/** Only an embedded Temporal has a Web UI that we know of; a real one follows its variables, for credentials and TLS. */
function temporalOptions(target: Target): {
  readonly address?: string;
  readonly namespace?: string;
} {
  if (target.kind === 'real') return {};
  const { address, namespace, uiUrl } = target.endpoints.temporal;
  return uiUrl === undefined ? {} : { address, namespace };
}

function awsOptions(target: Target): AwsClientOptions {
  const aws = target.kind === 'embedded' ? target.endpoints.aws : undefined;
  if (!aws) return {};
  const { endpoints, region, accessKeyId, secretAccessKey } = aws;
  const urls = {
    s3: endpoints['S3'],
    bedrockAgent: endpoints['BEDROCK_AGENT'],
    bedrockAgentRuntime: endpoints['BEDROCK_AGENT_RUNTIME'],
  };
  const known = Object.entries(urls).filter(([, url]) => url !== undefined);
  return {
    region,
    credentials: { accessKeyId, secretAccessKey },
    endpoints: Object.fromEntries(known),
  };
}

function once<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let opened: Promise<Value> | undefined;
  return () => (opened ??= open());
}
