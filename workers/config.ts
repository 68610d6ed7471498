import { z } from 'zod';
import { DURATION_HINT, parseDuration } from '../adapters/definitions/duration.ts';

/** Every task queue of the product, and what runs on it. */
const TASK_QUEUES = ['orchestration', 'collect', 'browser', 'ingestion'] as const;
export type TaskQueue = (typeof TASK_QUEUES)[number];

const Duration = z.string().transform((text, context) => {
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return durationMs;
  context.addIssue({ code: 'custom', message: `expected a duration. ${DURATION_HINT}` });
  return z.NEVER;
});

const List = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const Address = z.url({ protocol: /^https?$/, error: 'expected an http or https address' });

const Queues = List.pipe(z.array(z.enum(TASK_QUEUES)).min(1));

/** The settings of a worker process: one schema, from which the documentation is printed. */
export const WorkerSettings = z.object({
  WELLSPRING_DATABASE_URL: z
    .string()
    .min(1)
    .describe('PostgreSQL, as postgres://user:password@host/database.'),
  WELLSPRING_TASK_QUEUES: Queues.default([...TASK_QUEUES]).describe(
    `Comma-separated task queues that this process serves. Default: ${TASK_QUEUES.join(', ')}.`,
  ),
  WELLSPRING_ALLOWED_HOSTS: List.default([]).describe(
    'Comma-separated internal hosts (name or name:port) that sources may reach. Default: none; public hosts need no entry.',
  ),
  WELLSPRING_ALLOWED_COMMANDS: List.default([]).describe(
    'Comma-separated programs that script and MCP sources may start, by name or absolute path; * allows any. Default: none.',
  ),
  WELLSPRING_USER_AGENT: z
    .string()
    .min(1)
    .default('Wellspring/0.1 (contact not configured)')
    .describe('User-Agent of crawls; name a contact in it.'),
  WELLSPRING_HTTP_ADDRESS: z
    .string()
    .regex(/^.+:\d+$/, 'expected host:port')
    .default('127.0.0.1:9464')
    .describe('Where /healthz, /readyz and /metrics are served. Default: 127.0.0.1:9464.'),
  WELLSPRING_UPLOADS: Whole(1, 200).default(24).describe('Uploads at once per run. Default: 24.'),
  WELLSPRING_COLLECT_SLOTS: Whole(1, 200)
    .default(20)
    .describe('Runs at once on queue collect. Default: 20.'),
  WELLSPRING_BROWSER_SLOTS: Whole(1, 20)
    .default(2)
    .describe('Runs at once on queue browser. Default: 2.'),
  WELLSPRING_PAGE_DEADLINE: Duration.default(20_000).describe(
    'Longest time in which one fetched page may be read; then it fails alone. Default: 20 seconds.',
  ),
  WELLSPRING_HEARTBEAT_TIMEOUT: Duration.default(60_000).describe(
    'A run whose worker is silent for this long goes on elsewhere. Default: 60 seconds.',
  ),
  WELLSPRING_INGESTION_STARTS_PER_SECOND: z.coerce
    .number()
    .positive()
    .default(0.1)
    .describe(
      'Ingestion jobs started per second, over all workers. Default: 0.1, the quota of AWS.',
    ),
  WELLSPRING_INGESTION_POLL: Duration.default(10_000).describe(
    'First wait between two looks at an ingestion job; it grows sixfold. Default: 10 seconds.',
  ),
  WELLSPRING_SHUTDOWN_GRACE: Duration.default(30_000).describe(
    'After SIGTERM, running activities may go on for this long. Default: 30 seconds.',
  ),
  WELLSPRING_WORKFLOW_BUNDLE: z
    .string()
    .min(1)
    .optional()
    .describe('A prebuilt workflow bundle. Default: built at start.'),
  WELLSPRING_CLOUDWATCH_METRICS: z
    .enum(['on', 'off'])
    .default('off')
    .describe('Send metrics to CloudWatch, namespace SourceAgents. Default: off.'),
  WELLSPRING_BUCKET_OWNER: z
    .string()
    .regex(/^\d{12}$/)
    .optional()
    .describe('AWS account that must own every bucket. Default: not checked.'),
  AWS_ENDPOINT_URL_S3: Address.optional().describe(
    "An S3 server other than Amazon's; its buckets are addressed by path. Default: AWS_ENDPOINT_URL, then Amazon S3.",
  ),
  AWS_ENDPOINT_URL: Address.optional().describe(
    'One server for every AWS service that has no variable of its own. Default: Amazon.',
  ),
  CHROMIUM_PATH: z
    .string()
    .min(1)
    .optional()
    .describe("The Chromium of browser sources. Default: Playwright's own, then the PATH."),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least level that is logged. Default: info.'),
  PATH: z.string().default(''),
});

export type WorkerSettings = z.infer<typeof WorkerSettings>;

export interface WorkerConfig extends WorkerSettings {
  /** A variable of this process, for references such as `${env:NAME}`. */
  readonly variable: (name: string) => string | undefined;
}

/** Reads the environment: the only place of this ring that does (S10). @throws Error - one sentence lists every wrong variable. */
export function readWorkerConfig(env: NodeJS.ProcessEnv = process.env): WorkerConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = WorkerSettings.safeParse(given);
  if (parsed.success) return { ...parsed.data, variable: (name) => env[name] };
  const wrong = parsed.error.issues.map((issue) => describeIssue(issue, env));
  const count = wrong.length === 1 ? '1 setting is wrong.' : `${wrong.length} settings are wrong.`;
  throw new Error([count, ...new Set(wrong)].join(' '));
}

function describeIssue(issue: z.core.$ZodIssue, env: NodeJS.ProcessEnv): string {
  const name = String(issue.path[0]);
  const value = env[name];
  if (value === undefined || value === '') return `${name} is missing.`;
  // A database address holds a password: it is named, never shown.
  const shown = name === 'WELLSPRING_DATABASE_URL' ? `${name} is wrong` : `${name} is "${value}"`;
  return `${shown}: ${issue.message.replace(/\.$/, '')}.`;
}

function Whole(min: number, max: number) {
  return z.coerce.number(`expected a whole number from ${min} to ${max}`).int().min(min).max(max);
}
