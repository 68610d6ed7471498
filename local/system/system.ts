import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { removeEndpoints, writeEndpoints, type Endpoints } from '../../adapters/endpoints.ts';
import { takeLock } from '../lock.ts';
import { endLeftovers } from '../pid-record.ts';
import { startCloud, type CloudPart } from './cloud-part.ts';
import type { SystemContext, Variables } from './context.ts';
import { startDatabasePart } from './database-part.ts';
import { keptPorts } from './kept-ports.ts';
import { QUICKSTART_DEFINITIONS, startQuickstart, type QuickstartPart } from './quickstart-part.ts';
import { requireRealParts } from './real-parts.ts';
import type { Stoppable } from './supervise.ts';
import { startTemporalPart } from './temporal-part.ts';
import { startWorker } from './worker-part.ts';

export interface System {
  readonly endpoints: Endpoints;
  readonly db: Database;
  readonly client: Client;
  /** For people, one line a part: what it is and where. */
  readonly parts: readonly PartLine[];
  /** For `${env:NAME}` in definitions: the system's own first, then the person's. */
  readonly variables: (name: string) => string | undefined;
  /** Ends everything in the order that loses nothing; within seconds. */
  stop(): Promise<void>;
}

export interface PartLine {
  readonly part: string;
  readonly kind: 'embedded' | 'real';
  readonly where: string;
}

export interface SystemOptions extends Omit<SystemContext, 'port'> {
  /** Absolute; absent for the quickstart. */
  readonly configFile: string | undefined;
  /** Breaks the start off: what had been started is ended. */
  readonly signal: AbortSignal;
}

const LOCK_WAIT_MS = 3000;
/** What is still starting when the start is broken off may end this long; beyond it, the guard ends it. */
const BROKEN_OFF_WITHIN_MS = 5000;

/**
 * Brings up the whole system on one machine: Temporal, PostgreSQL, the cloud and the workers, each embedded or real. Nothing real is taken from
 * the environment but what `real` names. Started on the state of an earlier system it goes on with it.
 * @throws Error - a part could not be started: the sentence says which and what to do; everything that had been started is ended again.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { stateFolder, configFile, announce, signal } = options;
  requireRealParts({ ...options, quickstart: configFile === undefined });
  await mkdir(join(stateFolder, 'logs'), { recursive: true });
  const unlock = await takeLock(join(stateFolder, 'lock'), LOCK_WAIT_MS);
  if (!unlock)
    throw new Error(
      `A system runs already on "${stateFolder}". Stop it with Ctrl-C there, or work in another folder.`,
    );
  const started = startedParts();
  const stop = async (): Promise<void> => {
    await removeEndpoints(stateFolder);
    await started.stop();
  };
  try {
    await endOfEarlierSystem(stateFolder);
    const context = {
      ...options,
      port: await keptPorts(join(stateFolder, 'ports.json'), announce),
    };
    const composing = compose(context, configFile, started.keep);
    const composed = await Promise.race([composing, broken(signal)]).catch(async (error) => {
      await stop();
      const left = sleep(BROKEN_OFF_WITHIN_MS, undefined, { ref: false });
      await Promise.race([composing.catch(() => undefined), left]);
      throw error;
    });
    return { ...composed, stop: () => stop().finally(unlock) };
  } catch (error) {
    unlock();
    throw error;
  }
}

interface StartedParts {
  /** Keeps a part that runs, to be stopped. @throws Error - all has been stopped meanwhile; this part too, then. */
  readonly keep: <Part extends Stoppable>(part: Part) => Promise<Part>;
  /** Stops all, the last started first; one that cannot be stopped keeps none of the others. */
  readonly stop: () => Promise<void>;
}

function startedParts(): StartedParts {
  const started: Stoppable[] = [];
  let stopped = false;
  return {
    async keep(part) {
      started.push(part);
      if (!stopped) return part;
      await part.stop();
      throw brokenOff();
    },
    async stop() {
      stopped = true;
      for (const part of started.splice(0).toReversed()) await part.stop().catch(() => undefined);
    },
  };
}

/** Ends what was left by a system that was killed: it would hold the ports that we want again. */
export async function endOfEarlierSystem(stateFolder: string): Promise<void> {
  const records = ['processes', 'temporal/processes', 'postgres/processes'];
  for (const folder of records) await endLeftovers(join(stateFolder, folder));
}

function broken(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(brokenOff());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function brokenOff(): Error {
  return new Error('The start was broken off.');
}

async function compose(
  context: SystemContext,
  configFile: string | undefined,
  keep: StartedParts['keep'],
): Promise<Omit<System, 'stop'>> {
  // All of them begin at once; each is kept as soon as it runs, so that a failure of one ends the others.
  const [temporal, database, cloud] = await allOrError([
    startTemporalPart(context).then(keep),
    startDatabasePart(context, configFile === undefined).then(keep),
    context.real.has('aws') ? undefined : startCloud(context).then(keep),
  ]);
  const db = openDatabase(database.url);
  await keep({ stop: () => db.destroy() });
  await migrate(db);
  const quickstart =
    configFile === undefined
      ? await keep(await startQuickstart(context, database.quickstartUrl))
      : undefined;
  const variables = ownVariables(cloud, quickstart);
  const worker = await keep(
    await startWorker(context, {
      databaseUrl: database.url,
      temporal: temporal.endpoint,
      aws: cloud?.endpoints,
      variables: { ...variables, ...quickstart?.secrets },
      allowedHosts: quickstart?.allowedHosts ?? [],
      folder: dirname(configFile ?? QUICKSTART_DEFINITIONS),
    }),
  );
  await keep({ stop: () => temporal.connected.close() });
  const endpoints: Endpoints = {
    version: 1,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    temporal: temporal.endpoint ?? {
      address: temporal.connected.address,
      namespace: temporal.connected.namespace,
    },
    ...(context.real.has('database') ? {} : { database: { url: database.url } }),
    ...(cloud ? { aws: cloud.endpoints } : {}),
    metricsUrl: `${worker.url}/metrics`,
    configFile: configFile ?? QUICKSTART_DEFINITIONS,
    variables,
  };
  await writeEndpoints(context.stateFolder, endpoints);
  return {
    endpoints,
    db,
    client: temporal.connected.client,
    parts: partLines(context, endpoints, database.where),
    variables: (name) => variables[name] ?? context.ambient(name),
  };
}

/** Waits for all, so that none is left starting when another one has failed. */
async function allOrError<T extends readonly unknown[]>(
  promises: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function ownVariables(
  cloud: CloudPart | undefined,
  quickstart: QuickstartPart | undefined,
): Variables {
  return {
    ...cloud?.variables,
    ...quickstart?.variables,
    WELLSPRING_SYNC_QUIET: '2 seconds',
    WELLSPRING_SYNC_MAX_WAIT: '15 seconds',
  };
}

function partLines(
  { real, stateFolder }: SystemContext,
  { temporal, aws, metricsUrl }: Endpoints,
  database: string,
): PartLine[] {
  const kind = (part: 'temporal' | 'aws' | 'database'): PartLine['kind'] =>
    real.has(part) ? 'real' : 'embedded';
  const cloud = aws
    ? `S3 ${aws.endpoints['S3']}, Bedrock ${aws.endpoints['BEDROCK_AGENT']}`
    : 'by the variables of the AWS SDK';
  return [
    { part: 'Temporal', kind: kind('temporal'), where: temporal.address },
    { part: 'PostgreSQL', kind: kind('database'), where: database },
    { part: 'AWS', kind: kind('aws'), where: cloud },
    { part: 'Worker', kind: 'embedded', where: `metrics ${metricsUrl}` },
    { part: 'State', kind: 'embedded', where: stateFolder },
  ];
}
