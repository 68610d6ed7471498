import { stratumOf } from '../../workflows/repair/calibration.ts';
import type { GateOutcome, OutcomeLabel } from '../../workflows/repair/gate-outcome.ts';
import type { GateDecision } from '../../workflows/repair/gate.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import type { Database } from './database.ts';

/** A decision about a fix, before anybody knows what comes of it. */
export interface NewOutcome {
  readonly incident: string;
  readonly tenant: string;
  readonly source: string;
  readonly host?: string;
  readonly fingerprint: string;
  readonly family: string;
  readonly strategy: string;
  readonly failure: string;
  readonly failingFields: readonly string[];
  readonly patchDigest: string;
  readonly patch: SpecPatch;
  /** MinHash sketch of the failing page. */
  readonly pageShape?: readonly number[];
  readonly decision: Pick<GateDecision, 'decision' | 'score' | 'probability' | 'shadowDeploy'>;
  /** Made up, to show how the gate behaves. */
  readonly synthetic?: boolean;
  /** Default: now. */
  readonly decidedAt?: Date;
}

/** Notes the newest decision of an incident. Idempotent; a decision whose outcome is known already stays as it is. */
export async function recordOutcome(db: Database, outcome: NewOutcome): Promise<void> {
  const row = rowOf(outcome);
  await db
    .insertInto('repair_outcomes')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('incident').doUpdateSet(row).where('repair_outcomes.label', '=', 'pending'),
    )
    .execute();
}

export interface OutcomeObservation {
  readonly incident: string;
  readonly label: Exclude<OutcomeLabel, 'pending'>;
  /** The fix was in force and was taken back. */
  readonly rolledBack: boolean;
  /** Which observer: `probation`, `rollback`, a person's verdict, an expiry. Never what made the fix. */
  readonly by: string;
  /** Default: now. */
  readonly at?: Date;
}

/**
 * Says what came of a decision; true when that was news. The first label stays, but for a rollback after a success, or after an end that said
 * nothing: what was taken back was no success, whenever that was seen.
 */
export async function labelOutcome(
  db: Database,
  { incident, label, rolledBack, by, at }: OutcomeObservation,
): Promise<boolean> {
  const open: readonly OutcomeLabel[] = rolledBack
    ? ['pending', 'success', 'censored']
    : ['pending'];
  const { numUpdatedRows } = await db
    .updateTable('repair_outcomes')
    .set({
      label: rolledBack ? 'failure' : label,
      rolled_back: rolledBack,
      labelled_at: at ?? new Date(),
      labelled_by: by,
    })
    .where('incident', '=', incident)
    .where('label', 'in', open)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Two years: at a half-life of 90 days older ones weigh less than a two-hundredth. */
const KEPT_MS = 730 * 86_400_000;

/** Outcomes of the last two years, oldest first. */
export async function readOutcomes(db: Database, now: Date): Promise<readonly GateOutcome[]> {
  const rows = await db
    .selectFrom('repair_outcomes')
    .select([
      'incident',
      'family',
      'failure',
      'score',
      'probability',
      'decision',
      'shadow',
      'label',
      'rolled_back',
      'synthetic',
      'decided_at',
      'labelled_at',
    ])
    .where('decided_at', '>', new Date(now.getTime() - KEPT_MS))
    .orderBy('decided_at')
    .orderBy('incident')
    .execute();
  return rows.map(({ family, failure, rolled_back, decided_at, labelled_at, ...same }) => ({
    ...same,
    stratum: stratumOf(family, failure),
    rolledBack: rolled_back,
    decidedAtMs: decided_at.getTime(),
    ...(labelled_at ? { labelledAtMs: labelled_at.getTime() } : {}),
  }));
}

function rowOf(outcome: NewOutcome) {
  const { decision, pageShape } = outcome;
  return {
    incident: outcome.incident,
    tenant: outcome.tenant,
    source: outcome.source,
    host: outcome.host ?? null,
    fingerprint: outcome.fingerprint,
    family: outcome.family,
    strategy: outcome.strategy,
    failure: outcome.failure,
    fields: fieldsKey(outcome.failingFields),
    patch_digest: outcome.patchDigest,
    patch: JSON.stringify(outcome.patch),
    page_shape: pageShape ? JSON.stringify(pageShape) : null,
    score: decision.score,
    probability: decision.probability,
    decision: decision.decision,
    shadow: decision.shadowDeploy,
    synthetic: outcome.synthetic ?? false,
    decided_at: outcome.decidedAt ?? new Date(),
  };
}

/** The failing fields as one text: the same set has the same. */
export function fieldsKey(fields: readonly string[]): string {
  return [...new Set(fields)].toSorted().join('\n');
}
