import type { Temporal } from '../adapters/temporal/connection.ts';
import { callTemporal } from '../adapters/temporal/errors.ts';

/** Why a run that seems to stand still does not get on: an attempt failed, and Temporal tries again. */
export interface PendingAttempt {
  /** The attempt under way or waited for; the first one is 1. */
  readonly attempt: number;
  /** Of the attempt before it: its failure's name, where it has one, and its sentence. */
  readonly failure: string;
}

/** What Temporal retries at the moment; undefined when nothing has failed. */
export async function pendingAttempt(
  { client }: Pick<Temporal, 'client'>,
  workflowId: string,
): Promise<PendingAttempt | undefined> {
  const { raw } = await callTemporal(`workflow "${workflowId}"`, () =>
    client.workflow.getHandle(workflowId).describe(),
  );
  const pending = (raw.pendingActivities ?? []).find(({ lastFailure }) => lastFailure);
  if (!pending?.lastFailure) return undefined;
  const { message, applicationFailureInfo } = pending.lastFailure;
  const name = applicationFailureInfo?.type;
  return {
    attempt: pending.attempt ?? 1,
    failure: `${name ? `${name}: ` : ''}${message ?? 'no reason given'}`,
  };
}
