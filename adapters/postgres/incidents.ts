import { sql } from 'kysely';
import type { FailureName } from '../../workflows/failures.ts';
import type { DetectorName } from '../../workflows/repair/detectors/finding.ts';
import { isEnough } from '../../workflows/repair/incident.ts';
import type { RepairOutcome, RepairStage } from '../../workflows/repair/outcome.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

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

export interface Occurrence {
  readonly run: string;
  readonly atMs: number;
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
