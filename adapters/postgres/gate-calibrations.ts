import { sql } from 'kysely';
import type { GateCalibration } from '../../workflows/repair/calibration.ts';
import type { CalibrationMetrics } from '../../workflows/repair/calibration-metrics.ts';
import { deploysOff } from '../../workflows/repair/demotion.ts';
import {
  calibrationFor,
  type Recalibration,
  type StoredCalibration,
} from '../../workflows/repair/recalibrate.ts';
import { digestOf } from '../definitions/digest.ts';
import type { Database } from './database.ts';
import { readOutcomes } from './repair-outcomes.ts';

/**
 * What the gate has to know about a stratum: the newest calibration, and whether rollbacks have turned deploys off since. Below 4 KB, hashed as
 * a whole. Without any calibration it knows no stratum, so nothing deploys.
 */
export async function readCalibration(
  db: Database,
  stratum: string,
  now: Date,
): Promise<GateCalibration> {
  const stored = await newestCalibration(db);
  const off = deploysOff(await readOutcomes(db, now), stratum, await lastRearm(db));
  const data = calibrationFor(stored, stratum, off);
  return { ...data, hash: digestOf(data) };
}

export interface NewestCalibration {
  readonly version: number;
  readonly calibration: StoredCalibration;
}

async function newestCalibration(db: Database): Promise<NewestCalibration | undefined> {
  const row = await db
    .selectFrom('gate_calibrations')
    .select(['version', 'data'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  // Written by `storeCalibration` alone.
  return row && { version: row.version, calibration: row.data as StoredCalibration };
}

/**
 * Makes the next calibration out of the newest one, in one transaction; who comes at the same time waits. Stores nothing when it says the same
 * as before. Answers the version in force.
 */
export async function storeCalibration(
  db: Database,
  make: (newest: NewestCalibration | undefined, db: Database) => Promise<MadeCalibration>,
): Promise<{ readonly version: number; readonly stored: boolean }> {
  return db.transaction().execute(async (transaction) => {
    await sql`lock table gate_calibrations in share row exclusive mode`.execute(transaction);
    const newest = await newestCalibration(transaction);
    const { calibration, changes, metrics } = await make(newest, transaction);
    const hash = digestOf(calibration);
    if (newest && digestOf(newest.calibration) === hash)
      return { version: newest.version, stored: false };
    const { version } = await transaction
      .insertInto('gate_calibrations')
      .values({
        hash,
        data: JSON.stringify(calibration),
        metrics: JSON.stringify(metrics),
        changes: JSON.stringify(changes),
      })
      .returning('version')
      .executeTakeFirstOrThrow();
    return { version, stored: true };
  });
}

export interface MadeCalibration extends Recalibration {
  readonly metrics: CalibrationMetrics;
}

/** A person lets deploys go on after they were turned off everywhere. Rollbacks from then on count anew. */
export async function rearmDeploys(
  db: Database,
  { by, because }: { readonly by: string; readonly because: string },
): Promise<void> {
  await db.insertInto('gate_rearms').values({ by, because }).execute();
}

async function lastRearm(db: Database): Promise<number | undefined> {
  const row = await db
    .selectFrom('gate_rearms')
    .select('at')
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.at.getTime();
}
