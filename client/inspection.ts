import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { definitionOf, storeDefinition } from '../adapters/postgres/revisions.ts';
import { effectiveDefinitions } from '../adapters/postgres/spec-overlay.ts';
import { callTemporal } from '../adapters/temporal/errors.ts';
import type { InspectionReport, InspectSourceInput } from '../workflows/collection/activities.ts';
import type { SourceDefinition } from '../workflows/collection/definitions.ts';
import type { inspectSource } from '../workflows/collection/inspect-source.ts';
import type { Context } from './commands/command.ts';
import { invalidDefinitions, tryDefinitions } from './definitions.ts';
import { unknownSource } from './known-source.ts';
import { sourceTypes } from './source-types.ts';
import { ourCommand } from './spoken-commands.ts';
import type { System } from './system.ts';

export interface Inspection {
  readonly definition: SourceDefinition;
  /** Where the definition came from. */
  readonly from: 'file' | 'in force';
  readonly report: InspectionReport;
}

export type InspectionRequest = Pick<InspectSourceInput, 'verb' | 'limit' | 'about'>;

/** The queue of every workflow. */
const ORCHESTRATION_QUEUE = 'orchestration';
/** Above the activity's own 5 minutes: without a worker nothing else would ever end it. */
const RUN_TIMEOUT_MS = 6 * 60_000;
const PATIENCE_MS = 10_000;

/**
 * Looks at a source on a worker, which has its secrets and network: the definition of the local file, applied or not, else the one in
 * force. Nothing is collected, and nothing but the definition is stored.
 */
export async function inspect(
  context: Context<unknown>,
  source: string,
  request: InspectionRequest,
): Promise<Inspection> {
  const system = await context.system();
  const found = await findDefinition(context, system, source);
  const { definition } = found;
  const db = await system.database();
  const digest = await storeDefinition(db, definition);
  const { tenant, type } = definition;
  const taskQueue = sourceTypes.get(type)?.spec.queue ?? 'collect';
  const { terminal } = context;
  const report = await waiting(
    start(system, { v: 1, taskQueue, tenant, source, digest, ...request }),
    () =>
      terminal.progress(
        `… ${source}  still waits for an answer: the source is slow or asked us to wait, or no worker runs`,
      ),
  );
  terminal.settle();
  return { ...found, report };
}

async function start(
  system: System,
  input: Parameters<typeof inspectSource>[0],
): Promise<InspectionReport> {
  const { client } = await system.temporal();
  const workflowId = `inspect:${input.source}:${randomUUID()}`;
  return callTemporal(`workflow "${workflowId}"`, () =>
    client.workflow.execute<typeof inspectSource>('inspectSource', {
      workflowId,
      taskQueue: ORCHESTRATION_QUEUE,
      args: [input],
      workflowRunTimeout: RUN_TIMEOUT_MS,
      staticSummary: `${input.verb} ${input.source}`,
    }),
  );
}

/** Says once that it takes long. */
async function waiting<Answer>(answer: Promise<Answer>, say: () => void): Promise<Answer> {
  const patience = new AbortController();
  sleep(PATIENCE_MS, undefined, { signal: patience.signal }).then(say, () => undefined);
  try {
    return await answer;
  } finally {
    patience.abort();
  }
}

/** A file with errors elsewhere must not keep a person from looking at what is in force. */
async function findDefinition(
  context: Context<unknown>,
  system: System,
  source: string,
): Promise<Omit<Inspection, 'report'>> {
  const { file, loaded } = await tryDefinitions(context);
  const local = 'errors' in loaded ? undefined : loaded.sources.find(({ id }) => id === source);
  if (local) {
    // A fix that is deployed runs whatever the file says.
    const { definitions } = await effectiveDefinitions(await system.database(), [local]);
    return { definition: definitions[0] ?? local, from: 'file' };
  }
  const inForce = await definitionOf(await system.database(), source);
  const errors = 'errors' in loaded ? loaded.errors : [];
  const aboutIt = errors.some(({ about }) => about === source);
  if (inForce && !aboutIt) {
    if (errors.length > 0) context.terminal.notice(fallback(context, file));
    return { definition: inForce.definition, from: 'in force' };
  }
  if (errors.length > 0) throw invalidDefinitions(file, errors);
  throw unknownSource(source, 'errors' in loaded ? [] : loaded.sources.map(({ id }) => id));
}

function fallback({ configFile }: Context<unknown>, file: string): string {
  const validate = ourCommand(
    `validate${configFile === undefined ? '' : ` --config ${configFile}`}`,
  );
  return `"${file}" cannot be used, so this is the definition in force. "${validate}" says why.`;
}
