import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { decideUpdate } from '../../../workflows/approval/messages.ts';
import type { Answer, Verdict } from '../../../workflows/approval/request.ts';
import { repairWorkflowId } from '../../../workflows/repair/ids.ts';
import {
  provideGuidanceUpdate,
  repairStatusQuery,
  reportFailureSignal,
  rollbackSignal,
  runFinishedSignal,
  type AcceptedGuidance,
  type Guidance,
  type ReportedIncident,
  type RollbackOrder,
} from '../../../workflows/repair/messages.ts';
import type { RepairSettings } from '../../../workflows/repair/policy.ts';
import type { RepairSourceInput } from '../../../workflows/repair/repair-input.ts';
import type { repairSource } from '../../../workflows/repair/repair-source.ts';
import type { RepairStatus } from '../../../workflows/repair/repair-status.ts';
import type { FakeIncident, RepairFakes } from '../../fakes/repair-activities.ts';

export type RepairHandle = WorkflowHandle<typeof repairSource>;

/** For `vi.waitFor`, as tests that run at once cannot poll by `expect`: workers and servers share a busy machine. */
export const PATIENTLY = { timeout: 15_000, interval: 20 };

/** A source of its own whose incident is under repair. */
export interface RepairOnStage {
  readonly source: string;
  readonly incident: FakeIncident;
  readonly handle: RepairHandle;
  status(): Promise<RepairStatus>;
  /** Waits until it stands there. */
  until(stage: RepairStatus['stage']): Promise<RepairStatus>;
  /** A verdict on what is asked now. */
  verdict(overrides?: Partial<Verdict>): Promise<Verdict>;
  decide(overrides?: Partial<Verdict>): Promise<Answer>;
  guide(overrides?: Partial<Guidance>): Promise<AcceptedGuidance>;
  /** A run of the source has ended. */
  ran(): Promise<void>;
  /** Signal-with-start, as a detector and the command line send it. */
  report(incident: string): Promise<RepairHandle>;
  rollBack(order?: Partial<RollbackOrder>): Promise<RepairHandle>;
}

export interface RepairScript {
  /** Of the source and its incident; one that nobody has used, where it is left out. */
  readonly name?: string;
  /** Default: that of the product. */
  readonly taskQueue?: string;
  readonly settings?: RepairSettings;
  readonly input?: Partial<RepairSourceInput>;
  /** Changes the world before anything is reported. */
  readonly set?: (incident: FakeIncident) => void;
}

/** Opens an incident of a new source, and reports it. */
export async function repair(
  client: Client,
  fakes: RepairFakes,
  {
    name = randomUUID().slice(0, 8),
    settings,
    input = {},
    set,
    taskQueue = 'orchestration',
  }: RepairScript = {},
): Promise<RepairOnStage> {
  const source = `articles-${name}`;
  const incident = fakes.incident(`inc-${name}`, settings);
  set?.(incident);
  const workflowId = repairWorkflowId('default', source);
  const start = {
    workflowId,
    taskQueue,
    args: [{ v: 1, tenant: 'default', source, ...input }] as [RepairSourceInput],
  };
  const report = (id: string): Promise<RepairHandle> =>
    client.workflow.signalWithStart<typeof repairSource, [ReportedIncident]>('repairSource', {
      ...start,
      signal: reportFailureSignal,
      signalArgs: [{ incident: id, failure: 'SelectorMissing' }],
    });
  const rollBack = (order: Partial<RollbackOrder> = {}): Promise<RepairHandle> =>
    client.workflow.signalWithStart<typeof repairSource, [RollbackOrder]>('repairSource', {
      ...start,
      signal: rollbackSignal,
      signalArgs: [{ incident: incident.id, by: 'ana', reason: 'It is wrong.', ...order }],
    });
  await report(incident.id);
  const handle = client.workflow.getHandle<typeof repairSource>(workflowId);
  return { source, incident, handle, report, rollBack, ...actions(handle, incident) };
}

type Actions = Omit<RepairOnStage, 'source' | 'incident' | 'handle' | 'report' | 'rollBack'>;

function actions(handle: RepairHandle, incident: FakeIncident): Actions {
  const status = (): Promise<RepairStatus> => handle.query(repairStatusQuery);
  const verdict: RepairOnStage['verdict'] = async (overrides = {}) => {
    const { question } = await status();
    return {
      requestId: question?.request.id ?? 'nothing',
      digest: question?.request.digest ?? 'nothing',
      verdict: 'approve',
      decisionId: `cli:${randomUUID()}`,
      by: { provider: 'cli', user: 'ana' },
      ...overrides,
    };
  };
  return {
    status,
    verdict,
    until: (stage) => until(status, stage),
    async decide(overrides) {
      const whole = await verdict(overrides);
      return handle.executeUpdate(decideUpdate, { updateId: whole.decisionId, args: [whole] });
    },
    guide(overrides = {}) {
      const given: Guidance = {
        incident: incident.id,
        decisionId: `cli:${randomUUID()}`,
        by: 'ana',
        reason: '',
        text: 'title: h1.headline',
        ...overrides,
      };
      return handle.executeUpdate(provideGuidanceUpdate, { args: [given] });
    },
    ran: () => handle.signal(runFinishedSignal, { run: 'collect:1', status: 'succeeded' }),
  };
}

async function until(
  status: () => Promise<RepairStatus>,
  stage: RepairStatus['stage'],
): Promise<RepairStatus> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = await status();
    if (found.stage === stage) return found;
    if (Date.now() > deadline) throw new Error(`It stands at "${found.stage}", not at "${stage}".`);
    await sleep(20);
  }
}

/** The name and the sentence of a refusal; the update must have been refused. */
export async function refusalOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      return `${error.cause.type}: ${error.cause.message}`;
    throw error;
  }
  throw new Error('It was not refused.');
}
