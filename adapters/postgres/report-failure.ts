import { sql, type Transaction } from 'kysely';
import { isQuiet, type Failure } from '../../workflows/repair/incident.ts';
import { RELEASE_FRESH_MS } from '../../workflows/repair/storm.ts';
import { findClosed, findRegression } from './closed-incidents.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';
import { lockStorms, noteStorms, type StormFacts } from './systemic-incidents.ts';
import type { Tables } from './tables.ts';

/** A failure with what an incident keeps of its source. */
export interface ReportedFailure extends Failure {
  /** Whether a repair can heal sources like it. */
  readonly heals: boolean;
  /** The host of a web source. */
  readonly host?: string;
}

/**
 * `opened`: a new incident. `counted`: one more occurrence of an open one. `repeated`: this run was counted already. `suppressed`: the break
 * of an incident that was closed so lately that it stays quiet; only its counter rose.
 */
export interface Reported {
  readonly kind: 'opened' | 'counted' | 'repeated' | 'suppressed';
  readonly incident: string;
  /** It belongs to a systemic incident: told there, and nobody is told of it alone. */
  readonly storm?: string;
  /** The systemic incidents that began with it. */
  readonly storms: readonly StormFacts[];
}

/**
 * Opens an incident for a failure, or counts it, once for each fingerprint and run. To be called at the end of the transaction that ends the
 * run: reports wait for each other until then.
 */
export async function reportFailure(
  tx: Transaction<Tables>,
  failure: ReportedFailure,
): Promise<Reported> {
  // Reports at the same time must neither open two incidents of one break nor miss that they are a storm.
  await lockStorms(tx);
  const open = await findOpen(tx, failure);
  if (open) return countOpen(tx, open, failure);
  const closed = await findClosed(tx, failure);
  if (closed && isQuiet(closed, failure.atMs)) return countQuiet(tx, closed.id, failure);
  return openIncident(tx, failure);
}

/** The id that the incident of a break has, or will have when it is reported now. */
export async function incidentIdFor(
  db: Database,
  failure: Pick<Failure, 'tenant' | 'source' | 'fingerprint' | 'atMs'>,
): Promise<string> {
  const { tenant, source, fingerprint, atMs } = failure;
  const open = await db
    .selectFrom('incidents')
    .select('id')
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('fingerprint', '=', fingerprint)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (open) return open.id;
  const closed = await findClosed(db, failure);
  return closed && isQuiet(closed, atMs) ? closed.id : freeId(db, failure);
}

interface OpenRow {
  readonly id: string;
  readonly storm: string | null;
  readonly known: boolean;
}

async function findOpen(
  tx: Transaction<Tables>,
  { tenant, source, fingerprint, runId }: Failure,
): Promise<OpenRow | undefined> {
  const met = JSON.stringify([{ run: runId ?? '' }]);
  const { rows } = await sql<OpenRow>`
    select id, storm, first_occurrences @> ${met}::jsonb or last_occurrences @> ${met}::jsonb as known from incidents
    where tenant = ${tenant} and source = ${source} and fingerprint = ${fingerprint} and state = 'open'`.execute(
    tx,
  );
  return rows[0];
}

const FIRST_KEPT = 5;
const LAST_KEPT = 15;

async function countOpen(
  tx: Transaction<Tables>,
  { id, storm, known }: OpenRow,
  failure: Failure,
): Promise<Reported> {
  const inStorm = storm === null ? {} : { storm };
  if (known && failure.runId !== undefined)
    return { kind: 'repeated', incident: id, ...inStorm, storms: [] };
  const one = occurrence(failure);
  await sql`
    update incidents set occurrences = occurrences + 1, last_failure_at = greatest(last_failure_at, ${new Date(failure.atMs)}),
      run = coalesce(${failure.runId ?? null}, run), because = ${failure.because}, evidence = coalesce(${failure.evidence ?? null}, evidence),
      first_occurrences = case when jsonb_array_length(first_occurrences) < ${FIRST_KEPT}::integer
        then first_occurrences || ${one}::jsonb else first_occurrences end,
      last_occurrences = case when jsonb_array_length(first_occurrences) < ${FIRST_KEPT}::integer then last_occurrences
        when jsonb_array_length(last_occurrences) < ${LAST_KEPT}::integer then last_occurrences || ${one}::jsonb
        else (last_occurrences - 0) || ${one}::jsonb end
    where id = ${id}`.execute(tx);
  if (storm !== null)
    await sql`update systemic_incidents set last_failure_at = clock_timestamp() where id = ${storm}`.execute(
      tx,
    );
  return { kind: 'counted', incident: id, ...inStorm, storms: [] };
}

function occurrence({ runId, atMs }: Failure): string {
  return JSON.stringify([{ run: runId ?? '', atMs }]);
}

async function countQuiet(
  tx: Transaction<Tables>,
  incident: string,
  { runId, atMs }: Failure,
): Promise<Reported> {
  const { numAffectedRows = 0n } = await sql`
    update incidents set suppressed = suppressed + 1, run = ${runId ?? null}, last_failure_at = greatest(last_failure_at, ${new Date(atMs)})
    where id = ${incident} and (${runId ?? null}::text is null or run is distinct from ${runId ?? null})`.execute(
    tx,
  );
  return { kind: numAffectedRows > 0n ? 'suppressed' : 'repeated', incident, storms: [] };
}

async function openIncident(tx: Transaction<Tables>, failure: ReportedFailure): Promise<Reported> {
  const { tenant, source, fingerprint, name, runId, heals, host = null } = failure;
  const id = await freeId(tx, failure);
  const regression = await findRegression(tx, failure);
  const at = new Date(failure.atMs);
  const { rows } = await sql<{ release: number | null }>`
    insert into incidents (id, tenant, source, fingerprint, failure, detector, fields, because, spec_digest, definition_digest, heals, host,
      release, first_occurrences, last_occurrences, first_failure_at, last_failure_at, run, evidence, regression_of)
    values (${id}, ${tenant}, ${source}, ${fingerprint}, ${name}, ${failure.detector}, ${JSON.stringify(failure.fields)}::jsonb,
      ${failure.because}, ${failure.specDigest}, ${failure.definitionDigest}, ${heals}, ${host},
      (select r.id from revisions r where r.in_force and r.created_at > clock_timestamp() - ${`${RELEASE_FRESH_MS} milliseconds`}::interval),
      ${occurrence(failure)}::jsonb, '[]', ${at}, ${at}, ${runId ?? null}, ${failure.evidence ?? null}, ${regression ?? null})
    returning release`.execute(tx);
  const release = rows[0]?.release ?? null;
  const { storm, storms } = await noteStorms(tx, { incident: id, host, failure: name, release });
  return { kind: 'opened', incident: id, ...(storm === undefined ? {} : { storm }), storms };
}

const SHORT = 8;

/** A later incident of the same break counts on: `news-1a2b3c4d-2`. */
async function freeId(
  db: Database,
  { tenant, source, fingerprint }: Pick<Failure, 'tenant' | 'source' | 'fingerprint'>,
): Promise<string> {
  const stem = incidentStem({ tenant, source, fingerprint });
  const { rows } = await sql<{ taken: number }>`
    select count(*)::integer as taken from incidents where id = ${stem} or id like ${`${stem.replaceAll(/[\\%_]/g, '\\$&')}-%`}`.execute(
    db,
  );
  const taken = rows[0]?.taken ?? 0;
  return taken === 0 ? stem : `${stem}-${taken + 1}`;
}

/** Ids of other tenants name them, as ids of workflows do. */
function incidentStem({ tenant, source, fingerprint }: SourceReference & { fingerprint: string }) {
  const short = fingerprint.slice(0, SHORT);
  return tenant === 'default' ? `${source}-${short}` : `${tenant}.${source}-${short}`;
}
