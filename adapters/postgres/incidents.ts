import { sql, type Transaction } from 'kysely';
import type { FailureName } from '../../workflows/failures.ts';
import type { DetectorName } from '../../workflows/repair/detectors/finding.ts';
import {
  isEnough,
  isQuiet,
  isRegressionOf,
  type Failure,
} from '../../workflows/repair/incident.ts';
import type { RepairOutcome, RepairStage } from '../../workflows/repair/outcome.ts';
import { RELEASE_FRESH_MS } from '../../workflows/repair/storm.ts';
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

/** What says whether the break of a closed incident is quiet. */
export interface ClosedRow {
  readonly id: string;
  readonly outcome: RepairOutcome;
  readonly closedAtMs: number;
  readonly goodSince: boolean;
}

/** Of a closed incident `i`. */
export const CLOSED_COLUMNS =
  sql.raw(`i.id, i.outcome, (extract(epoch from i.closed_at) * 1000)::double precision as "closedAtMs",
  exists (select 1 from runs r where r.tenant = i.tenant and r.source = i.source and r.status in ('succeeded', 'partial')
    and r.finished_at > i.closed_at) as "goodSince"`);

/** The newest incident of the same break that is over. */
async function findClosed(
  db: Database,
  { tenant, source, fingerprint }: Pick<Failure, 'tenant' | 'source' | 'fingerprint'>,
): Promise<ClosedRow | undefined> {
  const { rows } = await sql<ClosedRow>`
    select ${CLOSED_COLUMNS} from incidents i
    where i.tenant = ${tenant} and i.source = ${source} and i.fingerprint = ${fingerprint} and i.state = 'closed'
    order by i.closed_at desc limit 1`.execute(db);
  return rows[0];
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

/**
 * The earlier incident whose fix did not hold: the same break, or the same failure of one of its fields on the fix. A fix makes another
 * spec, and with it another fingerprint.
 */
async function findRegression(
  tx: Transaction<Tables>,
  { tenant, source, fingerprint, name, fields, atMs }: Failure,
): Promise<string | undefined> {
  const { rows } = await sql<ClosedRow>`
    select ${CLOSED_COLUMNS} from incidents i
    where i.tenant = ${tenant} and i.source = ${source} and i.state = 'closed' and i.failure = ${name}
      and (i.fingerprint = ${fingerprint} or i.fields ?| ${[...fields]}::text[] or i.fields = ${JSON.stringify(fields)}::jsonb)
    order by i.closed_at desc limit 20`.execute(tx);
  return rows.find((row) => isRegressionOf(row, atMs))?.id;
}

export interface Occurrence {
  readonly run: string;
  readonly atMs: number;
}

/** An incident as it is stored. */
export interface Incident extends SourceReference {
  readonly id: string;
  readonly fingerprint: string;
  readonly failure: FailureName;
  readonly detector: DetectorName;
  readonly fields: readonly string[];
  readonly because: string;
  readonly specDigest: string;
  readonly definitionDigest: string;
  readonly heals: boolean;
  readonly host: string | null;
  readonly state: 'open' | 'closed';
  readonly stage: RepairStage;
  readonly outcome: RepairOutcome | null;
  readonly becauseClosed: string | null;
  readonly occurrences: number;
  /** The first five and the last fifteen, oldest first. */
  readonly occurred: readonly Occurrence[];
  /** Occurrences that came while it was closed and quiet. */
  readonly suppressed: number;
  readonly firstFailureAt: Date;
  readonly lastFailureAt: Date;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  /** The last run that met it. */
  readonly run: string | null;
  readonly evidence: string | null;
  /** The systemic incident that it belongs to. */
  readonly storm: string | null;
  readonly regressionOf: string | null;
  /** Enough of it has been seen to pay a model for a fix. */
  readonly enough: boolean;
  /** What the repair knows of itself. */
  readonly repair: Readonly<Record<string, unknown>>;
}

const INCIDENT_COLUMNS =
  sql.raw(`id, tenant, source, fingerprint, failure, detector, fields, because,
  spec_digest as "specDigest", definition_digest as "definitionDigest", heals, host, state, stage, outcome, because_closed as "becauseClosed",
  occurrences, first_occurrences || last_occurrences as occurred, suppressed, first_failure_at as "firstFailureAt",
  last_failure_at as "lastFailureAt", opened_at as "openedAt", closed_at as "closedAt", run, evidence, storm,
  regression_of as "regressionOf", repair`);

/** Undefined when there is none. */
export async function readIncident(db: Database, id: string): Promise<Incident | undefined> {
  const { rows } = await sql<Omit<Incident, 'enough'>>`
    select ${INCIDENT_COLUMNS} from incidents where id = ${id}`.execute(db);
  return rows.map(withEnough)[0];
}

export interface IncidentQuery {
  readonly tenant?: string;
  readonly source?: string;
  readonly state?: 'open' | 'closed';
  /** The beginning of an id. */
  readonly begins?: string;
  readonly limit: number;
}

/** Newest first. */
export async function readIncidents(
  db: Database,
  { tenant, source, state, begins, limit }: IncidentQuery,
): Promise<readonly Incident[]> {
  const { rows } = await sql<Omit<Incident, 'enough'>>`
    select ${INCIDENT_COLUMNS} from incidents where (${tenant ?? null}::text is null or tenant = ${tenant ?? null})
      and (${source ?? null}::text is null or source = ${source ?? null}) and (${state ?? null}::text is null or state = ${state ?? null})
      and (${begins ?? null}::text is null or starts_with(id, ${begins ?? null}))
    order by opened_at desc, id limit ${limit}`.execute(db);
  return rows.map(withEnough);
}

/** Of one source, the oldest first: in this order a repair takes them. */
export async function openIncidentsOf(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<readonly Incident[]> {
  const { rows } = await sql<Omit<Incident, 'enough'>>`
    select ${INCIDENT_COLUMNS} from incidents where tenant = ${tenant} and source = ${source} and state = 'open'
    order by opened_at, id`.execute(db);
  return rows.map(withEnough);
}

function withEnough(row: Omit<Incident, 'enough'>): Incident {
  return { ...row, enough: isEnough(row) };
}

/** Of the given runs those that an incident, open or closed, has met last. */
export async function runsReported(
  db: Database,
  runs: readonly string[],
): Promise<ReadonlySet<string>> {
  if (runs.length === 0) return new Set();
  const { rows } = await sql<{ run: string }>`
    select distinct run from incidents where run = any(${[...runs]}::text[])`.execute(db);
  return new Set(rows.map(({ run }) => run));
}

export interface ClosedAs {
  readonly outcome: RepairOutcome;
  readonly because: string;
  /** False when it was closed before: then it keeps its first end. */
  readonly first: boolean;
}

/** Ends an incident, exactly once; a later call answers the first end. Undefined when there is none. */
export async function closeIncident(
  db: Database,
  id: string,
  outcome: RepairOutcome,
  because: string,
): Promise<ClosedAs | undefined> {
  const { rows } = await sql<ClosedAs>`
    with ended as (
      update incidents set state = 'closed', stage = 'closed', outcome = ${outcome}, because_closed = ${because},
        closed_at = clock_timestamp(), active_until = null
      where id = ${id} and state = 'open' returning outcome, because_closed as because, true as first
    )
    select * from ended union all
    select outcome, because_closed as because, false as first from incidents
    where id = ${id} and state = 'closed' and not exists (select 1 from ended)`.execute(db);
  return rows[0];
}

/**
 * A fix that was thought good was taken back after the end of its incident: that is how it ended. Answers the outcome that stands now;
 * every other end stays as it is.
 */
export async function endAsRolledBack(
  db: Database,
  id: string,
  because: string,
): Promise<RepairOutcome | undefined> {
  const { rows } = await sql<{ outcome: RepairOutcome }>`
    update incidents set because_closed = ${because},
      outcome = case outcome when 'auto-deployed-ok' then 'auto-deployed-rolled-back' else 'pr-merged-rolled-back' end
    where id = ${id} and state = 'closed' and outcome in ('auto-deployed-ok', 'pr-merged-unchanged', 'pr-merged-edited')
    returning outcome`.execute(db);
  return rows[0]?.outcome;
}

/** Merges what the repair knows of itself into the incident, key by key; false when there is none. */
export async function noteRepair(
  db: Database,
  id: string,
  known: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const result = await sql`
    update incidents set repair = repair || ${JSON.stringify(known)}::jsonb where id = ${id}`.execute(
    db,
  );
  return (result.numAffectedRows ?? 0n) > 0n;
}

/** Where the repair stands; a closed incident stays closed. */
export async function recordIncidentStage(
  db: Database,
  id: string,
  stage: RepairStage,
): Promise<void> {
  await db
    .updateTable('incidents')
    .set({ stage })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .execute();
}
