import { withHash } from '../../adapters/temporal/schedule-options.ts';
import { createSchedules } from '../../adapters/temporal/schedules.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { desiredSchedule } from '../../workflows/collection/desired-schedule.ts';
import { grpcRequests, heartbeats, requestsBetween, type GrpcRequests } from '../measure/grpc.ts';
import { historyCost, type HistoryCost } from '../measure/history.ts';
import { countStatements, resetStatements } from '../measure/statements.ts';
import type { Program } from './programs.ts';
import { MANIFEST_DATABASE, type Stage } from './stage.ts';

/** What a run costs that its schedule has started. */
export interface ScheduledRun {
  readonly history: HistoryCost;
  readonly grpc: GrpcRequests;
  /** With the heartbeats that reached the server. */
  readonly actions: number;
  readonly statements: number;
}

/** Makes the schedule of the source as the product does, triggers it once, and takes it away again. */
export async function scheduledRun(
  { temporal: { client }, sources }: Stage,
  worker: Program,
  source: SourceDefinition,
): Promise<ScheduledRun> {
  const schedules = createSchedules(client);
  const schedule = withHash(desiredSchedule(source, { place: 0.5 }));
  await schedules.apply([{ kind: 'create', id: schedule.id, schedule }]);
  try {
    await resetStatements(sources);
    const before = await grpcRequests(worker.url);
    const triggered = await schedules.trigger(schedule.id);
    if (triggered.outcome !== 'started')
      throw new Error(`The schedule "${schedule.id}" started no run.`);
    const { workflowId } = triggered.run;
    await client.workflow.getHandle(workflowId).result();
    const statements = await countStatements(sources, MANIFEST_DATABASE);
    const grpc = requestsBetween(before, await grpcRequests(worker.url));
    const history = await historyCost(client, workflowId);
    return { history, grpc, actions: history.actions + heartbeats(grpc), statements };
  } finally {
    await schedules.apply([{ kind: 'delete', id: schedule.id }]);
  }
}
