import { randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, editAll, runsEnd, untilPuts } from '../steps/runs.ts';
import { s3Fault, s3IsWell } from '../steps/services.ts';

/** A refusal is final: what was under way at once may still be tried. */
const MOST_REFUSED = 40;
const EXPIRED = 'session tokens that expired under the workers';

const wrongBucket: Step = {
  says: 'the definitions name a bucket that is not there',
  act: (arena) => applyBucket(arena, 'no-such-bucket'),
};
const rightBucket: Step = {
  says: 'the definitions name the right bucket again',
  act: (arena) => applyBucket(arena, arena.cloud.bucket),
};

function applyBucket({ redefine }: Arena, bucket: string): Promise<void> {
  return redefine((one) => ({ ...one, knowledgeBase: { ...one.knowledgeBase, bucket } }));
}

/** Temporary credentials in a file, as an agent on the machine keeps them. */
const startWorkers: Step = {
  says: 'two workers with temporary credentials from a file',
  async act(arena) {
    await renew(arena);
    const env = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SHARED_CREDENTIALS_FILE: fileOf(arena),
    };
    await Promise.all([arena.crew.start(env), arena.crew.start(env)]);
  },
};

/** The old token is refused from now on. */
const rotate: Step = {
  says: 'the session token expires, and the file has a new one',
  async act(arena) {
    expire(arena);
    await renew(arena);
  },
};
const expireOnly: Step = {
  says: 'the session token expires, and nobody renews it',
  act: (arena) => Promise.resolve(expire(arena)),
};
const renewAtLast: Step = { says: 'somebody renews the session token', act: renew };

function expire(arena: Arena): void {
  const { s3Sessions } = arena.cloud;
  for (const token of s3Sessions.keys()) s3Sessions.set(token, 'expired');
  arena.count(EXPIRED);
}

async function renew(arena: Arena): Promise<void> {
  const { cloud, canaries } = arena;
  const { accessKeyId, secretAccessKey } = cloud.credentials;
  const token = `canary${randomBytes(12).toString('hex')}`;
  canaries.push(token);
  cloud.s3Sessions.set(token, 'valid');
  const lines = [
    '[default]',
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
    `aws_session_token = ${token}`,
  ];
  const file = fileOf(arena);
  await writeFile(`${file}.new`, `${lines.join('\n')}\n`);
  await rename(`${file}.new`, file);
}

function fileOf({ folder }: Arena): string {
  return join(folder, 'credentials');
}

function answered({ cloud }: Arena, ...statuses: readonly number[]): number {
  return cloud.s3.requests.all().filter(({ status }) => status && statuses.includes(status)).length;
}

export const f8: Fault = {
  id: 'F8',
  title: 'S3 refuses, the bucket is not there, or the credentials expire',
  workload: { feed: 30, shop: 30, site: 6 },
  workers: 0,
  script: (random) => [
    startWorkers,
    collect(),
    untilPuts(random.between(5, 40)),
    rotate,
    runsEnd('succeeded'),
    editAll,
    ...random.pick([
      [
        s3Fault({ kind: 'access-denied', operation: 'PutObject' }),
        collect(),
        runsEnd('AccessDenied'),
        s3IsWell,
      ],
      [wrongBucket, collect(), runsEnd('NotFound'), rightBucket],
    ]),
    expireOnly,
    collect(),
    runsEnd('AccessDenied'),
    renewAtLast,
  ],
  observe: (arena) => ({
    'refused requests': answered(arena, 403, 404),
    'requests with an expired token': answered(arena, 400),
    [EXPIRED]: arena.seen.get(EXPIRED) ?? 0,
  }),
  heals: 'by the next run',
  expects: (arena) => {
    const refused = answered(arena, 400, 403, 404);
    return refused <= MOST_REFUSED * 3
      ? []
      : [`${refused} requests were refused: a refusal was tried again and again.`];
  },
};
