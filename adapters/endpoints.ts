import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = 'endpoints.json';

const TemporalEndpoint = z.strictObject({
  /** `host:port` of the gRPC frontend. */
  address: z.string().min(1),
  namespace: z.string().min(1),
  uiUrl: z.exactOptional(z.url()),
});

const AwsEndpoints = z.strictObject({
  /** Service as in `AWS_ENDPOINT_URL_<SERVICE>`, such as `S3` or `BEDROCK_AGENT`, to the URL that speaks it. */
  endpoints: z.record(z.string().regex(/^[A-Z0-9_]+$/), z.url()),
  region: z.string().min(1),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
});

/**
 * Where a running system of one machine listens: the file that `npm start` writes and every client of ours reads.
 * It holds passwords, so it is for its owner alone. A part that is not embedded has its own variables and is
 * absent here, but for Temporal.
 */
export const Endpoints = z.strictObject({
  version: z.literal(1),
  /** Of the process that keeps the system up. */
  pid: z.int().positive(),
  startedAt: z.iso.datetime(),
  temporal: TemporalEndpoint,
  database: z.exactOptional(z.strictObject({ url: z.string().min(1) })),
  aws: z.exactOptional(AwsEndpoints),
  metricsUrl: z.exactOptional(z.url()),
  /** The definitions that the system runs: an absolute path. */
  configFile: z.string().min(1),
  /** What the system sets for `${env:NAME}` when definitions are loaded: ids, buckets and addresses of its parts, no secret. */
  variables: z.record(z.string(), z.string()),
});
export type Endpoints = z.infer<typeof Endpoints>;

/**
 * Reads `endpoints.json` of a state folder; `undefined` when there is none.
 * The file says what was started, not that it still runs: `pid` tells.
 * @throws Error - the file is no JSON or of another version: the sentence names it.
 */
export async function readEndpoints(folder: string): Promise<Endpoints | undefined> {
  const file = join(folder, FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const parsed = Endpoints.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const where = [
    ...new Set(parsed.error.issues.map((issue) => issue.path.join('.') || 'all of it')),
  ];
  throw new Error(
    `"${file}" is not an endpoints file of this version (${where.join(', ')}). Start the system again with "npm start".`,
  );
}

/** Replaces `endpoints.json` at once (readers see the old or the new one), with mode 0600. */
export async function writeEndpoints(folder: string, endpoints: Endpoints): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${FILE}.${randomUUID()}`);
  const text = `${JSON.stringify(Endpoints.parse(endpoints), null, 2)}\n`;
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
  await rename(temporary, join(folder, FILE));
}

/** Removes `endpoints.json`, so that clients say that nothing runs. */
export async function removeEndpoints(folder: string): Promise<void> {
  await rm(join(folder, FILE), { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
