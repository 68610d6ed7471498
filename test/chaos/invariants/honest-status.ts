import type { Evidence, RunEvidence, WorkflowEvidence } from '../evidence.ts';

/** I6: a run is what its row and its workflow both say, and green means that all is well. */
export function honestStatus(evidence: Evidence): readonly string[] {
  const workflows = new Map(evidence.workflows.map((one) => [one.runId, one]));
  return evidence.runs.flatMap((run) => {
    const of = `Run ${run.id} is "${run.status}"`;
    return [
      ...tooGreen(run, evidence).map((but) => `${of}, but ${but}.`),
      ...disagreement(run, workflows.get(run.temporalRunId)).map((but) => `${of}, but ${but}.`),
    ];
  });
}

function tooGreen(run: RunEvidence, { deadLetters, sources }: Evidence): readonly string[] {
  const { counts, status, listingComplete, failure } = run;
  const of = (name: string): number => counts[name] ?? 0;
  const confirmed = of('added') + of('updated') + of('unchanged');
  const failed = of('failed');
  const named = deadLetters.filter(({ run: id }) => id === run.id).length;
  const truth = sources.find(({ id }) => id === run.source)?.truth.size ?? 0;
  if (status === 'failed') return failure === null ? ['no failure is named'] : [];
  if (status === 'held' && failure === null) return ['no reason is named'];
  if (status !== 'succeeded') return [];
  return [
    ...(failed > 0 ? [`${failed} documents failed`] : []),
    ...(named > 0 ? [`${named} dead letters came from it`] : []),
    ...(listingComplete === false ? ['its listing was incomplete'] : []),
    ...(confirmed === 0 && truth > 0 ? ['it saw no document of a source that has some'] : []),
  ];
}

const CLOSED_AS: Readonly<Record<string, readonly RunEvidence['status'][]>> = {
  COMPLETED: ['succeeded', 'partial', 'held'],
  FAILED: ['failed'],
  TIMED_OUT: ['failed'],
  CANCELLED: ['failed'],
  TERMINATED: ['failed'],
};

function disagreement(run: RunEvidence, workflow?: WorkflowEvidence): readonly string[] {
  if (!workflow) return ['its workflow is unknown'];
  const { status, result } = workflow;
  const expected = CLOSED_AS[status];
  if (expected && !expected.includes(run.status)) return [`its workflow ended as ${status}`];
  if (result?.status !== undefined && result.status !== run.status)
    return [`its workflow returned "${result.status}"`];
  return [];
}
