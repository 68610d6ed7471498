import { sql } from 'kysely';
import type { Database } from './database.ts';
import { lockRevisions } from './revisions.ts';

/** While it is on, no fix of the tenant is deployed. Rollbacks go on. */
export interface RepairSwitch {
  readonly on: boolean;
  readonly by?: string;
  readonly reason?: string;
  /** When it was last turned, ISO 8601. */
  readonly at?: string;
}

/** Off until somebody turns it on. */
export async function readRepairSwitch(db: Database, tenant: string): Promise<RepairSwitch> {
  const row = await db
    .selectFrom('repair_switch')
    .selectAll()
    .where('tenant', '=', tenant)
    .executeTakeFirst();
  if (!row) return { on: false };
  return { on: row.is_on, by: row.set_by, reason: row.reason, at: row.set_at.toISOString() };
}

export interface SwitchTurn {
  readonly tenant: string;
  readonly on: boolean;
  /** Who turns it. */
  readonly by: string;
  readonly reason: string;
}

/** Turns the switch; once this has answered, no deploy commits that did not before. Turning it to where it is changes nothing. */
export async function setRepairSwitch(
  db: Database,
  { tenant, on, by, reason }: SwitchTurn,
): Promise<{ readonly changed: boolean; readonly state: RepairSwitch }> {
  return db.transaction().execute(async (transaction) => {
    // A deploy under way ends first.
    await lockRevisions(transaction);
    const before = await readRepairSwitch(transaction, tenant);
    if (before.on === on) return { changed: false, state: before };
    const values = { tenant, is_on: on, set_by: by, reason };
    await transaction
      .insertInto('repair_switch')
      .values(values)
      .onConflict((conflict) =>
        conflict.column('tenant').doUpdateSet({ ...values, set_at: sql`clock_timestamp()` }),
      )
      .execute();
    return { changed: true, state: await readRepairSwitch(transaction, tenant) };
  });
}
