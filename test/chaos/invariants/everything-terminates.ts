import type { Evidence } from '../evidence.ts';

/** I9: every workflow ended or sits in a documented wait; nothing is stuck, unbounded or left running. */
export function everythingTerminates(evidence: Evidence): readonly string[] {
  const { workflows, runs, jobs, orphans } = evidence;
  return [
    ...workflows
      .filter(({ status, isDocumentedWait }) => status === 'RUNNING' && !isDocumentedWait)
      .map(({ id, pending }) => `"${id}" is open (${pending.join('; ') || 'nothing pending'}).`),
    ...workflows.flatMap(({ id, failedTasks }) =>
      failedTasks.map((why) => `A workflow task of "${id}" failed: ${why}.`),
    ),
    ...workflows.flatMap(({ id, unbounded }) =>
      unbounded.map((name) => `"${id}" scheduled "${name}" without both time-outs.`),
    ),
    ...runs
      .filter(({ status }) => status === 'running')
      .map(({ id }) => `The row of run ${id} still says "running".`),
    ...jobs
      .filter(({ status }) => !['COMPLETE', 'FAILED', 'STOPPED'].includes(status))
      .map(({ id, status }) => `Ingestion job ${id} is ${status}.`),
    ...orphans.map((pid) => `Process ${pid} was left behind.`),
  ];
}
