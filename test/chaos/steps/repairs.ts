import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Layout } from '../../../examples/repair/shop.ts';
import type { Manner } from '../../../examples/repair/shop-site.ts';
import { createSchedules } from '../../../adapters/temporal/schedules.ts';
import { decideUpdate } from '../../../workflows/approval/messages.ts';
import type { Answer, Verdict } from '../../../workflows/approval/request.ts';
import { sourceScheduleId } from '../../../workflows/collection/ids.ts';
import { repairWorkflowId } from '../../../workflows/repair/ids.ts';
import { repairStatusQuery, runFinishedSignal } from '../../../workflows/repair/messages.ts';
import type { RepairDefinition } from '../../../workflows/repair/policy.ts';
import type { RepairSourceInput } from '../../../workflows/repair/repair-input.ts';
import type { repairSource } from '../../../workflows/repair/repair-source.ts';
import type { RepairStatus } from '../../../workflows/repair/repair-status.ts';
import type { RepairStage } from '../../../workflows/repair/outcome.ts';
import type { Arena } from '../arena.ts';
import { cli } from '../cli.ts';
import type { Step } from '../fault.ts';
import { until } from './runs.ts';

/** Pages of the shop: enough that a run on a fix is conclusive. */
export const PAGES = 22;
/** One good run ends the probation: what a run shows, three show too. */
export const SHORT_PROBATION: RepairDefinition = {
  version: 1,
  probation: { runs: 1, withinMs: 48 * 3_600_000 },
};
/** The shop shows its pages otherwise, so that what was read by selectors is not there any more. */
export function relayout(layout: Manner): Step {
  return {
    says: `the shop changes, and is now: ${layout}`,
    act: ({ wick }) => Promise.resolve(void (wick.shop.manner = layout)),
  };
}

/** The source is scheduled, and was read well as it is. */
const goodRun: Step = {
  says: 'schedules are there, and the shop is read well',
  async act(arena) {
    await arena.temporal.client.workflow.execute('reconcileSchedules', {
      workflowId: `reconcile-${randomUUID()}`,
      taskQueue: 'orchestration',
    });
    const { status } = await visited(arena);
    if (status !== 'succeeded') throw new Error(`The undisturbed run ended ${status}.`);
  },
};

/** A run by the schedule of the shop, to its end. */
export function visit(expected?: string): Step {
  return {
    says: `read the shop${expected ? `, which ends as ${expected}` : ''}`,
    async act(arena) {
      const { status, failure } = await visited(arena);
      if (expected && status !== expected)
        throw new Error(`The run ended ${status} by ${failure ?? 'nothing'}.`);
    },
  };
}

/**
 * Good runs, a new layout, and the run that meets it. The repair waits for it already, with shorter waits than production: what a lost
 * signal costs there is minutes.
 */
export function broken(layout: Layout, input: Partial<RepairSourceInput> = {}): readonly Step[] {
  const attend: Step = {
    says: 'a repair waits for work',
    act: (arena) => attendRepair(arena, input),
  };
  return [goodRun, relayout(layout), attend, visit('failed')];
}

async function attendRepair(
  { temporal: { client } }: Arena,
  input: Partial<RepairSourceInput>,
): Promise<void> {
  await client.workflow.signalWithStart<typeof repairSource, [never]>('repairSource', {
    workflowId: repairWorkflowId('default', 'wick'),
    taskQueue: 'orchestration',
    args: [{ v: 1, tenant: 'default', source: 'wick', paces: PACES, ...input }],
    signal: runFinishedSignal as never,
    signalArgs: [{ run: 'none', status: 'succeeded' } as never],
  });
}

const PACES = { lookMs: 1500, longestMs: 5000 };

export function repairHandle({ temporal: { client } }: Arena): WorkflowHandle<typeof repairSource> {
  return client.workflow.getHandle<typeof repairSource>(repairWorkflowId('default', 'wick'));
}

/** Where a repair stands, while somebody answers. */
export async function repairStatus(arena: Arena): Promise<RepairStatus | undefined> {
  const { connection } = arena.temporal;
  const ask = (): Promise<RepairStatus> => repairHandle(arena).query(repairStatusQuery);
  return connection.withDeadline(Date.now() + ANSWER_MS, ask).catch(() => undefined);
}

const ANSWER_MS = 3000;

/** By its row, which needs no worker to be read. */
export function untilStage(stage: RepairStage): Step {
  return {
    says: `wait until the repair is at "${stage}"`,
    act: (arena) => until(async () => (await incidentOf(arena))?.stage === stage, stage),
  };
}

/** A step whose worker never heard of it is given to another one after half a minute without a heartbeat. */
const ASKED_WITHIN_MS = 230_000;

/** People are asked, and the workflow says so. */
export const untilAsked: Step = {
  says: 'wait until people are asked',
  act: (arena) =>
    until(
      async () => (await repairStatus(arena))?.stage === 'awaiting-approval',
      'a question',
      ASKED_WITHIN_MS,
    ),
};

export interface IncidentRow {
  readonly id: string;
  readonly stage: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly because: string | null;
}

/** The incident that a fault is about: a bad fix may break otherwise, and that is another one. */
export async function incidentOf({ db }: Arena): Promise<IncidentRow | undefined> {
  return db
    .selectFrom('incidents')
    .select(['id', 'stage', 'state', 'outcome', 'because_closed as because'])
    .where('source', '=', 'wick')
    .orderBy('opened_at')
    .limit(1)
    .executeTakeFirst();
}

/** A verdict on what is asked now, as a person copies it from what is shown. */
export async function verdictNow(arena: Arena, overrides: Partial<Verdict> = {}): Promise<Verdict> {
  const status = await repairStatus(arena);
  const { id, digest } = status?.question?.request ?? { id: 'nothing', digest: 'nothing' };
  return {
    requestId: id,
    digest,
    verdict: 'approve',
    decisionId: `cli:${randomUUID()}`,
    by: { provider: 'cli', user: 'ana' },
    ...overrides,
  };
}

/** What the person is told: the answer, or the name and sentence of a refusal. */
export type Told = { readonly answer: Answer } | { readonly refused: string };

export async function decide(arena: Arena, verdict: Verdict): Promise<Told> {
  const options = { updateId: verdict.decisionId, args: [verdict] as [Verdict] };
  try {
    return { answer: await repairHandle(arena).executeUpdate(decideUpdate, options) };
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly type?: string; message?: string } };
    return {
      refused: `${cause?.type ?? (error as Error).name}: ${cause?.message ?? String(error)}`,
    };
  }
}

/** A person approves through the command line. */
export const approveFix: Step = {
  says: 'approve the fix',
  async act(arena) {
    const incident = await incidentOf(arena);
    const { code, output } = await cli(arena, 'approve', incident?.id ?? '', '--yes');
    if (code !== 0) throw new Error(output);
  },
};

/** A person approves, and does not wait for what comes of it: somebody may die meanwhile. */
export const approveSoon: Step = {
  says: 'approve the fix, and look away',
  async act(arena) {
    const told = await decide(arena, await verdictNow(arena));
    if ('refused' in told) throw new Error(told.refused);
  },
};

/** Until the incident is closed, by this outcome. */
export function repairEnds(outcome: string): Step {
  return {
    says: `wait until the repair ends as ${outcome}`,
    async act(arena) {
      await until(async () => (await incidentOf(arena))?.state === 'closed', 'the end of a repair');
      const found = await incidentOf(arena);
      if (found?.outcome !== outcome)
        throw new Error(`It ended as ${found?.outcome}: ${found?.because}`);
    },
  };
}

/** Runs that kept too little to be judged by are no reason to end a probation: the next ones tell. */
export const readUntilItEnds: Step = {
  says: 'read the shop until the repair has ended, at most five times',
  async act(arena) {
    for (let runs = 0; runs < 5; runs += 1) {
      await sleep(2000);
      if ((await incidentOf(arena))?.state === 'closed') return;
      await visited(arena);
    }
  },
};

/** Moves of what is in force, the oldest first. */
export async function movesOf({ db }: Arena): Promise<readonly string[]> {
  const rows = await db.selectFrom('spec_moves').select('move').orderBy('id').execute();
  return rows.map(({ move }) => move);
}

/** @throws Error - something else was put in force, or taken out of it. */
export function moved(...wanted: readonly string[]): Step {
  return {
    says: `see that what is in force was moved so: ${wanted.join(', ') || 'never'}`,
    async act(arena) {
      const found = await movesOf(arena);
      if (found.join() !== wanted.join()) throw new Error(`It was moved: ${found.join(', ')}.`);
    },
  };
}

export interface VisitEnd {
  readonly status: string;
  readonly failure: string | null;
}

const TRIGGER_AGAIN_MS = 300;

async function visited(arena: Arena): Promise<VisitEnd> {
  const { db, temporal } = arena;
  const since = new Date();
  await until(async () => {
    const id = sourceScheduleId('default', 'wick');
    const triggered = await createSchedules(temporal.client)
      .trigger(id)
      .catch(() => undefined);
    if (triggered?.outcome === 'started') return true;
    await sleep(TRIGGER_AGAIN_MS);
    return false;
  }, 'a run of the shop');
  let end: VisitEnd | undefined;
  await until(async () => {
    end = await endOf(db, since);
    return end !== undefined;
  }, 'the end of a run of the shop');
  if (!end) throw new Error('It was found a moment ago.');
  return end;
}

function endOf(db: Arena['db'], since: Date): Promise<VisitEnd | undefined> {
  return db
    .selectFrom('runs')
    .select(['status', 'failure'])
    .where('source', '=', 'wick')
    .where('started_at', '>=', since)
    .where('finished_at', 'is not', null)
    .orderBy('started_at')
    .executeTakeFirst();
}
