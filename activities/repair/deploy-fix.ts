import { activityInfo, log } from '@temporalio/activity';
import { readCandidate } from '../../adapters/postgres/repair-candidates.ts';
import { noteRepair } from '../../adapters/postgres/incidents.ts';
import { definitionOf } from '../../adapters/postgres/revisions.ts';
import { repairPolicyOf } from '../../adapters/postgres/repair-policy.ts';
import {
  deployedSpec,
  deploySpec,
  type DeployedSpec,
} from '../../adapters/postgres/deploy-spec.ts';
import { rollbackSpec } from '../../adapters/postgres/rollback-spec.ts';
import { systemicHold } from '../../adapters/postgres/systemic-incidents.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import { failure } from '../../workflows/failures.ts';
import type {
  Deployment,
  DeployInput,
  IncidentReference,
  Rollback,
  RollbackInput,
} from '../../workflows/repair/activities.ts';
import type { RepairDependencies } from './dependencies.ts';
import { openCase } from './open-case.ts';

/**
 * Puts a fix in force and triggers the first run of its probation. The policy is read once more: what was decided under another one does not
 * deploy. Idempotent: the pointer moves once, and a run that is under way is not started twice.
 * @throws PolicyDenied - the kill switch, a hold, or a policy that moved. StaleDecision - another spec is in force, or the incident is over.
 */
export async function deployFix(input: DeployInput, deps: RepairDependencies): Promise<Deployment> {
  const notAfterMs = Date.now() + activityInfo().startToCloseTimeoutMs;
  const { source } = input;
  const { definition } = await openCase(input, deps);
  // What an attempt before this one has put in force is so, whatever the policy has become since.
  const deployed = (await deployedSpec(deps.db, input)) ?? (await deploy(input, notAfterMs, deps));
  refuseWhatIsOver(deployed, input);
  const atMs = await noteDeployment(deps.db, input, deployed);
  const inForce = await definitionOf(deps.db, source);
  if (deployed.standing === 'in-force') await trigger(input, deps);
  return {
    revision: deployed.revision,
    definitionDigest: inForce?.digest ?? '',
    deployedAtMs: atMs,
    title: definition.title,
  };
}

/** Probation begins with the revision, by the database's clock, however often this was tried. */
async function noteDeployment(
  db: Database,
  { incident, patchDigest, decidedBy, proven, requestId }: DeployInput,
  { revision }: DeployedSpec,
): Promise<number> {
  const atMs = await deployedAt(db, revision);
  await noteRepair(db, incident, {
    deployed: { patchDigest, decidedBy, proven, requestId: requestId ?? null, atMs },
  });
  return atMs;
}

async function deploy(
  input: DeployInput,
  notAfterMs: number,
  { db }: RepairDependencies,
): Promise<DeployedSpec> {
  const { tenant, source, incident, patchDigest } = input;
  const candidate = await readCandidate(db, input);
  if (!candidate || candidate.state !== 'chosen')
    throw failure(
      'StaleDecision',
      `No fix "${patchDigest.slice(0, 8)}" was chosen for incident "${incident}". Look at the incident, then decide.`,
    );
  if (input.requestId === undefined) await refuseInHold(db, input);
  const { fromSpecDigest: from, specDigest: to, patch } = candidate;
  return deploySpec(
    db,
    { tenant, source, incident, patchDigest, from, to, patch, notAfterMs },
    // With the deploy: a policy may be applied just now, and a repair that is lost right after must find that the fix is its own.
    async (transaction, deployed) => {
      await refuseOtherPolicy(transaction, input);
      await noteDeployment(transaction, input, deployed);
    },
  );
}

async function refuseOtherPolicy(
  db: Database,
  { source, patchDigest, policyHash }: DeployInput,
): Promise<void> {
  const policy = await repairPolicyOf(db, source);
  if (policy?.hash === policyHash) return;
  throw failure(
    'PolicyDenied',
    `The repair policy of source "${source}" has changed since fix "${patchDigest.slice(0, 8)}" was decided. It is judged anew.`,
  );
}

/** Breaks with one cause are probably our own: until somebody has looked, nothing goes in force by numbers alone. */
async function refuseInHold(db: Database, { source, incident }: DeployInput): Promise<void> {
  const hold = await systemicHold(db, incident);
  if (!hold) return;
  throw failure(
    'PolicyDenied',
    `No fix of source "${source}" is deployed without a person: "${hold.id}" holds it. ${hold.because}`,
  );
}

/** A decision holds for one deployment: what was rolled back, or replaced by the files, does not come back by it. */
function refuseWhatIsOver(
  { standing }: DeployedSpec,
  { source, incident, patchDigest }: DeployInput,
): void {
  if (standing === 'in-force' || standing === 'landed') return;
  const what = standing === 'rolled-back' ? 'was rolled back' : 'was replaced by the definitions';
  throw failure(
    'StaleDecision',
    `Fix "${patchDigest.slice(0, 8)}" of source "${source}" was in force and ${what} since. Look at incident "${incident}", then decide anew.`,
  );
}

/**
 * Takes the fix out of force, then triggers a run. Never refused by the switch or by being done before; what another incident has deployed
 * since goes first.
 */
export async function rollbackFix(
  input: RollbackInput,
  deps: RepairDependencies,
): Promise<Rollback> {
  const { incident, because, by, patchDigest } = input;
  const { moved } = await rollbackSpec(deps.db, { incident, author: by });
  // Also where an attempt before this one has moved it and died: one run more harms nobody, one less leaves people waiting.
  await trigger(input, deps);
  const atMs = Date.now();
  await noteRepair(deps.db, incident, { rolledBack: { patchDigest, by, because, atMs } });
  return { rolledBackAtMs: atMs, moved };
}

/** The schedule is the lock; where it cannot be triggered now, its next time does the same later. */
async function trigger(
  { tenant, source }: IncidentReference,
  { schedules }: RepairDependencies,
): Promise<void> {
  try {
    await schedules.trigger(sourceScheduleId(tenant, source));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn('the run after a move of the spec was not triggered; the schedule does it', {
      source,
      reason,
    });
  }
}

async function deployedAt(db: Database, revision: number): Promise<number> {
  const row = await db
    .selectFrom('revisions')
    .select('created_at')
    .where('id', '=', revision)
    .executeTakeFirst();
  return row?.created_at.getTime() ?? Date.now();
}
