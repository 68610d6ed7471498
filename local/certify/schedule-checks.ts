import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readRuns, type RunRow } from '../../adapters/postgres/run-rows.ts';
import { createSchedules } from '../../adapters/temporal/schedules.ts';
import {
  fail,
  pass,
  skipped,
  type Check,
  type Outcome,
} from '../../activities/sources/conformance/check.ts';
import type { Trial } from '../../activities/sources/conformance/trial.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { applyDefinitions } from '../apply-definitions.ts';
import type { LocalConfig } from '../config.ts';
import { collectOnce, describeRun } from '../first-round.ts';
import type { Screen } from '../screen.ts';
import { startSystem, type System } from '../system/system.ts';
import { ownFolder } from './fixtures/fixture.ts';

export interface ScheduleChecks {
  readonly checks: readonly Check[];
  /** Ends the system, if one was started. */
  close(): Promise<void>;
}

/** Whole runs of the source by the schedule of an embedded system, which is started for the first of them. */
export function scheduleChecks(local: LocalConfig): ScheduleChecks {
  let stage: Promise<Stage> | undefined;
  const runs = new Map<string, Promise<RunRow>>();
  const run = (trial: Trial, which: Which): Promise<RunRow> => {
    stage ??= patientStage(trial, local);
    const known =
      runs.get(which) ?? stage.then((opened) => opened.collect({ killing: which === 'killed' }));
    runs.set(which, known);
    return known;
  };
  const check = (
    word: string,
    title: string,
    needs: string,
    judge: (trial: Trial) => Promise<Outcome>,
  ): Check => ({
    id: `schedule.${word}`,
    group: 'schedule',
    title,
    needs: [needs],
    run: judge,
  });
  return {
    checks: [
      check('first', 'a run by the schedule stores the documents', 'read.ends', async (trial) =>
        first(await run(trial, 'first')),
      ),
      check(
        'again',
        'a second run of the unchanged source makes no PUT',
        'schedule.first',
        async (trial) =>
          trial.subject.contentVaries
            ? skipped('The contents of this source differ from read to read.')
            : again(await run(trial, 'second')),
      ),
      check(
        'killed',
        'a run whose worker is killed is ended by the next one, with nothing stored twice',
        'schedule.again',
        async (trial) => killed(await run(trial, 'killed')),
      ),
    ],
    async close() {
      await (await stage?.catch(() => undefined))?.close();
    },
  };
}

function first(row: RunRow): Outcome {
  const said = describeRun(row);
  return row.status === 'succeeded' && (row.counts.added ?? 0) > 0
    ? pass(said)
    : fail(`The run ended as ${said}.`, 'Mend what the sentence names, then certify again.');
}

function again(row: RunRow): Outcome {
  const { putRequests = 0 } = row.counts;
  return row.status === 'succeeded' && putRequests === 0
    ? pass(describeRun(row))
    : fail(
        `The second run made ${putRequests} PUT requests and ended as ${describeRun(row)}.`,
        'Leave out of documents what differs from run to run.',
      );
}

function killed(row: RunRow): Outcome {
  const { putRequests = 0 } = row.counts;
  return row.status === 'succeeded' && putRequests === 0
    ? pass(describeRun(row))
    : fail(
        `After its worker was killed, the run made ${putRequests} PUT requests and ended as ${describeRun(row)}.`,
        'Let a read go on from its checkpoint, or begin again and give the same.',
      );
}

type Which = 'first' | 'second' | 'killed';

interface Stage {
  /** One run by the schedule, to its end; `killing` ends the worker by SIGKILL once it has begun. */
  collect(how: { readonly killing: boolean }): Promise<RunRow>;
  close(): Promise<void>;
}

/** On a busy machine, a port may be taken between its choice and its use. */
async function patientStage(trial: Trial, local: LocalConfig): Promise<Stage> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openStage(trial, local);
    } catch (error) {
      if (attempt === STARTS || !String(error).includes('in use')) throw error;
    }
  }
}

const STARTS = 3;

async function openStage({ subject }: Trial, local: LocalConfig): Promise<Stage> {
  const folder = ownFolder();
  const configFile = join(folder.path, 'wellspring.json');
  writeFileSync(configFile, definitionsOf(subject.type.spec.name, subject.config), { mode: 0o600 });
  mkdirSync(join(folder.path, 'state'));
  const stopping = new AbortController();
  const system = await startSystem({
    local,
    stateFolder: join(folder.path, 'state'),
    real: new Set(),
    announce: () => undefined,
    ambient: (name) =>
      name === 'WELLSPRING_ALLOWED_HOSTS' ? allowedHosts(local) : local.ambient(name),
    configFile,
    signal: stopping.signal,
  }).catch((error: unknown) => {
    folder.remove();
    throw error;
  });
  const definitions = await applyDefinitions(
    system,
    createSchedules(system.client),
    () => undefined,
  );
  return {
    async collect({ killing }) {
      const run = collect(system, definitions, stopping.signal);
      if (killing) await killWorker(system, join(folder.path, 'state'));
      return run;
    },
    async close() {
      await system.stop();
      folder.remove();
    },
  };
}

async function collect(
  system: System,
  definitions: readonly SourceDefinition[],
  signal: AbortSignal,
): Promise<RunRow> {
  const rows = await collectOnce({
    db: system.db,
    client: system.client,
    schedules: createSchedules(system.client),
    definitions,
    screen: SILENT,
    since: new Date(),
    browserReady: Promise.resolve(),
    signal,
  });
  const row = rows.get(SOURCE);
  if (row?.finishedAt) return row;
  throw new Error(
    'The schedule started no run that ended. Try "npm start" with this source, which shows why.',
  );
}

/** As soon as a run goes on, its worker is ended by SIGKILL; the system starts another one. */
async function killWorker({ db }: System, stateFolder: string): Promise<void> {
  const since = new Date();
  const deadline = performance.now() + RUN_BEGINS_WITHIN_MS;
  while (performance.now() < deadline) {
    const rows = await readRuns(db, { since });
    if (rows.some(({ finishedAt }) => finishedAt === null)) {
      process.kill(workerPid(stateFolder), 'SIGKILL');
      return;
    }
    // It may be over already: then there is nothing to kill.
    if (rows.length > 0) return;
    await sleep(10);
  }
}

const RUN_BEGINS_WITHIN_MS = 30_000;
const Pid = z.object({ pid: z.int().positive() });

function workerPid(stateFolder: string): number {
  const record = readFileSync(join(stateFolder, 'processes', 'worker.json'), 'utf8');
  return Pid.parse(JSON.parse(record)).pid;
}

const SOURCE = 'certified';

/** JSON is YAML as well. */
function definitionsOf(type: string, config: object): string {
  const knowledgeBase = {
    id: 'main',
    knowledgeBaseId: '${env:KNOWLEDGE_BASE_ID}',
    dataSourceId: '${env:DATA_SOURCE_ID}',
    bucket: '${env:SOURCE_AGENTS_S3_BUCKET}',
    prefix: '',
    evidence: { bucket: '${env:EVIDENCE_BUCKET}', prefix: 'evidence' },
  };
  const source = { id: SOURCE, type, schedule: 'every 1 hour', category: SOURCE, config };
  return JSON.stringify({ knowledgeBases: [knowledgeBase], sources: [source] });
}

function allowedHosts(local: LocalConfig): string {
  const own = local.ambient('WELLSPRING_ALLOWED_HOSTS');
  return ['127.0.0.1', 'localhost', ...(own === undefined ? [] : [own])].join(',');
}

const SILENT: Screen = {
  width: 100,
  line: () => undefined,
  entry: () => undefined,
  block: () => undefined,
  settle: () => undefined,
};
