import { sql } from 'kysely';
import type { HeldState, QuestionKind } from '../../workflows/approval/activities.ts';
import type { Database } from './database.ts';

/** A held set as people look at it. */
export interface HeldSetReport {
  readonly tenant: string;
  readonly source: string;
  readonly digest: string;
  readonly kind: QuestionKind;
  /** The run that held it. */
  readonly run: string;
  readonly state: HeldState;
  readonly failure: string;
  readonly reason: string;
  readonly candidates: number;
  readonly live: number;
  /** At most ten titles or ids. */
  readonly sample: readonly string[];
  readonly openedAt: Date;
  readonly reminders: number;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly decisionReason: string | null;
  /** False where nothing proved who decided. */
  readonly proven: boolean | null;
  /** The digest of the set, or the run, that took its place. */
  readonly supersededBy: string | null;
  readonly executedAt: Date | null;
  readonly deleted: number | null;
  readonly dropped: number | null;
  readonly verifiedAt: Date | null;
  /** Why the knowledge base may still have what was deleted. */
  readonly problem: string | null;
}

/** The open ones first, then the newest. */
export async function readHeldSets(
  db: Database,
  { limit }: { readonly limit: number },
): Promise<readonly HeldSetReport[]> {
  const { rows } = await sql<HeldSetReport>`
    select ${COLUMNS} from held_sets order by state = 'open' desc, opened_at desc, digest limit ${limit}`.execute(
    db,
  );
  return rows;
}

/** Those of a source, or whose digest begins with `wanted`: the open ones first, then the newest. At most ten. */
export async function findHeldSets(
  db: Database,
  wanted: string,
): Promise<readonly HeldSetReport[]> {
  const { rows } = await sql<HeldSetReport>`
    select ${COLUMNS} from held_sets where source = ${wanted} or starts_with(digest, ${wanted})
    order by state = 'open' desc, opened_at desc, digest limit 10`.execute(db);
  return rows;
}

export async function readHeldSet(
  db: Database,
  { tenant, source, digest }: Pick<HeldSetReport, 'tenant' | 'source' | 'digest'>,
): Promise<HeldSetReport | undefined> {
  const { rows } = await sql<HeldSetReport>`
    select ${COLUMNS} from held_sets where tenant = ${tenant} and source = ${source} and digest = ${digest}`.execute(
    db,
  );
  return rows[0];
}

const COLUMNS =
  sql.raw(`tenant, source, digest, kind, run, state, failure, reason, candidates, live, sample, opened_at as "openedAt", reminders,
  decided_at as "decidedAt", decided_by as "decidedBy", decision_reason as "decisionReason", decision_proven as proven,
  superseded_by as "supersededBy", executed_at as "executedAt", deleted, dropped, verified_at as "verifiedAt", problem`);
