import { takeRepairPlace } from '../../adapters/postgres/repair-places.ts';
import { repairPolicyOf } from '../../adapters/postgres/repair-policy.ts';
import { runsSince } from '../../adapters/postgres/repair-runs.ts';
import { readRepairSwitch } from '../../adapters/postgres/repair-switch.ts';
import { digestOf } from '../../adapters/definitions/digest.ts';
import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import { definitionOf } from '../../adapters/postgres/revisions.ts';
import { systemicHold } from '../../adapters/postgres/systemic-incidents.ts';
import { FAILURES } from '../../workflows/failures.ts';
import type { IncidentReference, RepairCase } from '../../workflows/repair/activities.ts';
import { classOf } from '../../workflows/repair/incident.ts';
import { policyOf, type RepairPolicy } from '../../workflows/repair/policy.ts';
import { cutBytes } from './cut-bytes.ts';
import type { RepairDependencies } from './dependencies.ts';
import { readCandidate } from '../../adapters/postgres/repair-candidates.ts';
import { openCase, type Case } from './open-case.ts';

/** How long until it is worth asking again where nobody knows better. */
const ASK_AGAIN_MS = 5 * 60_000;
/** An answer fits into history; the incident itself knows them all. */
const MAX_FIELDS = 30;

/** What is known of an incident, and whether it may be worked on now. Takes a place of the caps, or says how long to wait. */
export async function openRepair(
  input: IncidentReference,
  deps: RepairDependencies,
): Promise<RepairCase> {
  const opened = await openCase(input, deps);
  const { incident, definition } = opened;
  const policy = await currentPolicy(opened, deps);
  const deployed = await deployedFix(opened, deps);
  const obstacle =
    incident.state === 'open' && deployed === undefined
      ? await obstacleOf(opened, policy, deps)
      : {};
  return {
    state: incident.state,
    title: definition.title,
    type: definition.type,
    failure: incident.failure,
    fingerprint: incident.fingerprint,
    fields: incident.fields.slice(0, MAX_FIELDS),
    because: cutBytes(incident.because, 500),
    occurrences: incident.occurrences,
    openedAtMs: incident.openedAt.getTime(),
    firstFailureAtMs: incident.firstFailureAt.getTime(),
    ...obstacle,
    specDigest: incident.specDigest,
    policy,
    policyHash: policy.hash,
    isRegression: incident.regressionOf !== null,
    ...(deployed === undefined ? {} : { deployed }),
  };
}

/** Why it cannot be repaired, or not now. */
async function obstacleOf(
  opened: Case,
  policy: RepairPolicy,
  deps: RepairDependencies,
): Promise<Pick<RepairCase, 'wait' | 'unhealable'>> {
  const unhealable = await whyUnhealable(opened, deps);
  if (unhealable !== undefined) return { unhealable };
  const moved = await whyMoved(opened, deps);
  if (moved) return moved;
  const wait = await whyWait(opened, policy, deps);
  return wait ? { wait } : {};
}

/** Of the source as it is in force; of a source that has left the definitions the defaults, which leave everything to people. */
async function currentPolicy(
  { definition }: Case,
  { db }: RepairDependencies,
): Promise<RepairPolicy> {
  const found = await repairPolicyOf(db, definition.id);
  if (found) return found;
  const policy = { ...policyOf(undefined, definition.tenant, undefined), phase: 'manual' as const };
  return { ...policy, hash: digestOf(policy) };
}

async function whyUnhealable(
  { incident, definition }: Case,
  { db }: RepairDependencies,
): Promise<string | undefined> {
  const { failure, heals, source } = incident;
  const { remedy } = FAILURES[failure];
  if (classOf(failure) !== 'repairable')
    return `No change of an extraction cures "${failure}". ${remedy}`;
  if (!heals)
    return `Source "${source}" of type "${definition.type}" has no extraction that a repair could change. ${remedy}`;
  if (definition.knowledgeBase.evidence === undefined)
    return `Knowledge base "${definition.knowledgeBase.id}" has no "evidence", so nothing was kept that a fix could be found with. Name a bucket and a prefix there.`;
  const inForce = await definitionOf(db, source);
  if (!inForce) return `Source "${source}" has left the definitions.`;
  return undefined;
}

/**
 * Another extraction is in force than the one that broke: nothing can be repaired of the old one, and the runs on the new one tell how it went.
 * Where they fail too, an incident of their own stands for it.
 */
async function whyMoved(
  { incident }: Case,
  { db }: RepairDependencies,
): Promise<Pick<RepairCase, 'wait' | 'unhealable'> | undefined> {
  const { id, source, openedAt, specDigest: broken } = incident;
  const inForce = await definitionOf(db, source);
  const now = inForce && specDigest(source, inForce.definition.config['extract']);
  if (now === broken) return undefined;
  const moved = `The extraction of source "${source}" is another one than when incident "${id}" began`;
  if (now === undefined)
    return { unhealable: `${moved}: there is none any more. Nothing was repaired.` };
  const runs = await runsSince(db, incident, openedAt);
  const last = runs.findLast((run) => run.specDigest === now);
  if (last && (last.status === 'failed' || last.status === 'held'))
    return {
      unhealable: `${moved}, and run "${last.run}" on the new one ended ${last.status}, too. Nothing was repaired; what breaks now has an incident of its own.`,
    };
  const because = `${moved}. The runs on it tell whether it is good again.`;
  return { wait: { because, untilMs: Date.now() + ASK_AGAIN_MS, parked: false } };
}

async function whyWait(
  { incident }: Case,
  policy: RepairPolicy,
  { db }: RepairDependencies,
): Promise<RepairCase['wait']> {
  const nowMs = Date.now();
  const { on, by, reason } = await readRepairSwitch(db, incident.tenant);
  if (on) {
    const because = `The kill switch is on, by ${by ?? 'somebody'}: ${reason ?? ''}`;
    return { because: because.slice(0, 300), untilMs: nowMs + ASK_AGAIN_MS, parked: true };
  }
  const hold = await systemicHold(db, incident.id);
  if (hold) {
    const because = `${hold.because} A person lets repairs go on with "npm run cli -- repairs --release ${hold.id}".`;
    const untilMs = Math.min(hold.untilMs, nowMs + ASK_AGAIN_MS);
    return { because, untilMs, parked: true };
  }
  const place = await takeRepairPlace(db, incident.id, policy.caps);
  if (place.kind === 'ok') return undefined;
  return { because: place.because, untilMs: nowMs + place.waitMs, parked: false };
}

/** A fix of this incident that is in force: a workflow that was lost goes on from its probation. */
async function deployedFix(
  { incident, definition }: Case,
  { db }: RepairDependencies,
): Promise<RepairCase['deployed']> {
  const noted = incident.repair['deployed'] as DeployNote | undefined;
  if (noted === undefined) return undefined;
  const candidate = await readCandidate(db, {
    incident: incident.id,
    patchDigest: noted.patchDigest,
  });
  const inForce = await definitionOf(db, definition.id);
  const digest = inForce && specDigest(definition.id, inForce.definition.config['extract']);
  if (!candidate || digest !== candidate.specDigest) return undefined;
  const { patchDigest, specDigest: spec } = candidate;
  return {
    patchDigest,
    specDigest: spec,
    atMs: noted.atMs,
    ...(noted.decidedBy === 'gate' ? {} : { byPerson: noted.decidedBy }),
  };
}

/** As `deployFix` writes it. */
interface DeployNote {
  readonly patchDigest: string;
  readonly decidedBy: string;
  readonly atMs: number;
}
