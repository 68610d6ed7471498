import type { FreshnessRow } from '../../adapters/postgres/freshness.ts';
import { runsReported } from '../../adapters/postgres/incidents.ts';
import { reportFailure } from '../../adapters/postgres/report-failure.ts';
import { definitionByDigest } from '../../adapters/postgres/revisions.ts';
import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import { noteNotice } from '../../adapters/postgres/notices.ts';
import { isFailureName } from '../../workflows/failures.ts';
import { heals } from '../../workflows/repair/incident.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { failureOf } from './failure-of.ts';
import { stormNotice } from './tell-of-incident.ts';

/** So many at one look; the rest at the next. */
const AT_ONCE = 200;

/**
 * Opens incidents for sources that are late because their runs fail, by the name of the last one: what would have passed by itself has not.
 * Held runs ask people, and what has no failure is told as late alone. Once a run; the repairs are woken by whoever calls.
 */
export async function reportLate(
  late: readonly FreshnessRow[],
  { db }: Pick<CollectionDependencies, 'db'>,
): Promise<number> {
  const failed = late.filter(
    ({ lastStatus, lastFailure, lastRun }) =>
      lastStatus === 'failed' && isFailureName(lastFailure) && lastRun !== null,
  );
  const known = await runsReported(
    db,
    failed.map(({ lastRun }) => lastRun ?? ''),
  );
  const fresh = failed.filter(({ lastRun }) => !known.has(lastRun ?? '')).slice(0, AT_ONCE);
  for (const row of fresh) await reportOne(row, db);
  return fresh.length;
}

async function reportOne(
  { tenant, source, digest, lastRun, lastFailure, lastMessage }: FreshnessRow,
  db: CollectionDependencies['db'],
): Promise<void> {
  const definition = await definitionByDigest(db, digest);
  if (!definition || lastRun === null || !isFailureName(lastFailure)) return;
  const spec = heals(definition) ? specDigest(source, definition.config['extract']) : undefined;
  const failure = failureOf({
    run: { tenant, source, digest, runId: lastRun },
    definition,
    ...(spec === undefined ? {} : { specDigest: spec }),
    finding: {
      detector: 'freshness',
      failure: lastFailure,
      fields: [],
      because: lastMessage ?? `The last run failed by ${lastFailure}.`,
    },
    atMs: Date.now(),
  });
  await db.transaction().execute(async (tx) => {
    const { storms } = await reportFailure(tx, failure);
    for (const storm of storms) await noteNotice(tx, stormNotice(storm, failure));
  });
}
