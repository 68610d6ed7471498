import type { Evidence, JobEvidence, RunEvidence } from '../evidence.ts';
import { isSidecar } from './stored-documents.ts';

/** Runs whose ends lie closer together than this may share a job. */
const SAME_BURST_MS = 700;
/** A change that comes while a job runs needs a second one. */
const JOBS_A_BURST = 2;

/** I5: every object was read by a job that started after its PUT; jobs are few, and one runs at a time. */
export function knowledgeBaseCovers(evidence: Evidence): readonly string[] {
  return [
    ...evidence.dirty.map((id) => `Changes of data source "${id}" wait for a job.`),
    ...uncovered(evidence),
    ...tooMany(evidence),
    ...overlapping(evidence.jobs),
  ];
}

/** A file of which not everything can be read is read. */
const READ: ReadonlySet<string> = new Set(['INDEXED', 'PARTIALLY_INDEXED']);

function uncovered({ objects, indexed, jobs }: Evidence): readonly string[] {
  const lastStart = Math.max(
    0,
    ...jobs.filter(({ status }) => status === 'COMPLETE').map(({ startedAtMs }) => startedAtMs),
  );
  const byKey = new Map(indexed.map((one) => [one.uri.replace(/^s3:\/\/[^/]+\//u, ''), one]));
  return objects
    .filter(({ key }) => !isSidecar(key))
    .flatMap(({ key, etag, modifiedAtMs }) => {
      const known = byKey.get(key);
      if (modifiedAtMs > lastStart) return [`No job has started since "${key}" was written.`];
      if (!known || !READ.has(known.status))
        return [`The knowledge base has "${key}" as ${known?.status ?? 'unknown'}.`];
      return known.etag === etag ? [] : [`The knowledge base has an older version of "${key}".`];
    });
}

function tooMany({ jobs, runs }: Evidence): readonly string[] {
  const complete = jobs.filter(({ status }) => status === 'COMPLETE').length;
  const bursts = burstsOf(runs);
  const most = JOBS_A_BURST * Math.max(1, bursts);
  return complete > most
    ? [`${complete} jobs completed for ${bursts} bursts of runs; ${most} would do.`]
    : [];
}

function burstsOf(runs: readonly RunEvidence[]): number {
  const ends = runs
    .filter(({ counts }) => changed(counts) > 0)
    .flatMap(({ finishedAtMs }) => (finishedAtMs === null ? [] : [finishedAtMs]))
    .toSorted((a, b) => a - b);
  return ends.filter((end, at) => end - (ends[at - 1] ?? -Infinity) > SAME_BURST_MS).length;
}

function changed(counts: RunEvidence['counts']): number {
  return (counts['added'] ?? 0) + (counts['updated'] ?? 0) + (counts['deleted'] ?? 0);
}

function overlapping(jobs: readonly JobEvidence[]): readonly string[] {
  const inOrder = jobs.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  return inOrder.flatMap((job, at) => {
    const before = inOrder[at - 1];
    return before && before.endedAtMs > job.startedAtMs
      ? [`Jobs ${before.id} and ${job.id} ran at the same time.`]
      : [];
  });
}
