import type { Evidence } from '../evidence.ts';

/** I10: deletions, runs, decisions and ingestion jobs each have a row that says who or what did it. */
export function recorded(evidence: Evidence): readonly string[] {
  return [
    ...runs(evidence),
    ...deletions(evidence),
    ...decisions(evidence),
    ...ingestions(evidence),
  ];
}

function runs({ runs: rows, workflows }: Evidence): readonly string[] {
  const known = new Map(rows.map((row) => [row.id, row]));
  return workflows
    .filter(({ type }) => type === 'collectSource')
    .flatMap(({ id, runId }) => {
      const row = known.get(id);
      // A time that is backfilled again runs under its old id: the row is the newer execution's, and its notes name the older.
      const isNamed =
        row?.temporalRunId === runId || row?.notes.some((note) => note.includes(`"${runId}"`));
      if (!row || !isNamed) return [`"${id}" ran without a record (run ${runId}).`];
      return row.trigger && row.digest
        ? []
        : [`The row of "${id}" names no trigger or definition.`];
    });
}

/** Every document that is gone from the manifest has its row, by a run that exists and a rule. */
function deletions({ manifest, deletions: rows, runs: known }: Evidence): readonly string[] {
  const ids = new Set(known.map(({ id }) => id));
  const recordedIds = new Set(rows.map(({ source, docId }) => `${source} ${docId}`));
  return [
    ...manifest
      .filter(({ state, source, docId }) => {
        return state === 'deleted' && !recordedIds.has(`${source} ${docId}`);
      })
      .map(({ source, docId }) => `${source} "${docId}" was deleted without a record.`),
    ...rows
      .filter(({ run, rule }) => !ids.has(run) || rule === '')
      .map(({ source, docId, run }) => `The deletion of ${source} "${docId}" names "${run}".`),
  ];
}

const DECIDED: ReadonlySet<string> = new Set(['approved', 'rejected']);

function decisions({ heldSets }: Evidence): readonly string[] {
  return heldSets
    .filter(({ state, decidedBy }) => DECIDED.has(state) && !decidedBy)
    .map(({ source, state }) => `A held set of "${source}" is ${state}, and nobody decided it.`);
}

function ingestions({ jobs, syncs }: Evidence): readonly string[] {
  const known = new Map(syncs.map((sync) => [sync.jobId, sync]));
  return jobs.flatMap(({ id, status }) => {
    const row = known.get(id);
    if (!row) return [`Ingestion job ${id} (${status}) has no row.`];
    return row.status === status ? [] : [`The row of job ${id} says ${row.status}, not ${status}.`];
  });
}
