import { cancellationSignal } from '@temporalio/activity';
import { readCalibration } from '../../adapters/postgres/gate-calibrations.ts';
import {
  noteCandidate,
  readCandidate,
  type StoredCandidate,
} from '../../adapters/postgres/repair-candidates.ts';
import {
  deploysSince,
  failedRepairsSince,
  wasRefused,
} from '../../adapters/postgres/repair-history.ts';
import { recordOutcome } from '../../adapters/postgres/repair-outcomes.ts';
import { readRepairSwitch } from '../../adapters/postgres/repair-switch.ts';
import { noteRepair } from '../../adapters/postgres/incidents.ts';
import { definitionOf } from '../../adapters/postgres/revisions.ts';
import { failure } from '../../workflows/failures.ts';
import type {
  GateReading,
  ReadGateInput,
  RecordDecisionInput,
} from '../../workflows/repair/activities.ts';
import { stratumOf } from '../../workflows/repair/calibration.ts';
import { ambiguity, type EvidenceFeatures } from '../../workflows/repair/confidence.ts';
import type { CandidateFacts, GateCircumstances } from '../../workflows/repair/gate-evidence.ts';
import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import type { StoredChecks } from './check-candidates.ts';
import { cutBytes } from './cut-bytes.ts';
import type { RepairDependencies } from './dependencies.ts';
import { memoryFeature } from './memory-feature.ts';
import { openCase, type Case } from './open-case.ts';
import { keptSketch } from './recall-fixes.ts';

const DAY_MS = 86_400_000;
/** A relocation says how far it was ahead; where that does not apply, the middle says nothing either way. */
const NO_MARGIN = 0.5;

/** Everything that the gate weighs, read in one place: the candidate's checks and numbers, the hour, and what outcomes have taught. */
export async function readGate(
  input: ReadGateInput,
  deps: RepairDependencies,
): Promise<GateReading> {
  const opened = await openCase(input, deps);
  const candidate = await requiredCandidate(input, deps);
  const checked = candidate.checked as StoredChecks | undefined;
  if (!checked)
    throw failure(
      'StaleDecision',
      `Fix "${input.patchDigest.slice(0, 8)}" was not checked. The incident is looked at anew.`,
    );
  const now = new Date();
  const stratum = stratumOf(familyOf(candidate), opened.incident.failure);
  // Who rejected it, or took it back, was its reviewer: it never deploys by itself, though people may think otherwise by now.
  const isRefused = await wasRefused(deps.db, candidate);
  const judged = { opened, candidate, checked, isRefused };
  return {
    evidence: {
      fingerprint: opened.incident.fingerprint,
      patchDigest: candidate.patchDigest,
      stratum,
      features: await featuresOf(input, judged, deps),
      checks: checked.checks.map(({ check, verdict, findings }) => ({
        check,
        verdict,
        findings: findings.slice(0, 1).map((finding) => cutBytes(finding, 120)),
      })),
      facts: await factsOf(input, judged, deps),
      circumstances: await circumstancesOf(opened, now, deps),
    },
    calibration: await readCalibration(deps.db, stratum, now),
  };
}

/** Keeps what the gate said where people and the next calibration find it; the newest decision of an incident counts. */
export async function recordDecision(
  input: RecordDecisionInput,
  deps: RepairDependencies,
): Promise<void> {
  const { incident: id, verdict, attempt, policyHash, requestId } = input;
  const { incident } = await openCase(input, deps);
  const candidate = await requiredCandidate(input, deps);
  const stored = { ...verdict, attempt, policyHash, requestId: requestId ?? null };
  await noteCandidate(deps.db, candidate, { decision: stored });
  await noteRepair(deps.db, id, { decision: stored });
  const pageShape = keptSketch(incident);
  await recordOutcome(deps.db, {
    incident: id,
    tenant: incident.tenant,
    source: incident.source,
    ...(incident.host === null ? {} : { host: incident.host }),
    fingerprint: incident.fingerprint,
    family: familyOf(candidate),
    strategy: candidate.strategies[0] ?? '',
    failure: incident.failure,
    failingFields: incident.fields,
    patchDigest: candidate.patchDigest,
    patch: candidate.patch,
    ...(pageShape ? { pageShape } : {}),
    decision: verdict,
  });
}

interface Judged {
  readonly opened: Case;
  readonly candidate: StoredCandidate;
  readonly checked: StoredChecks;
  /** By people who saw it in an earlier incident. */
  readonly isRefused: boolean;
}

async function featuresOf(
  { repro }: ReadGateInput,
  { opened, candidate, checked, isRefused }: Judged,
  deps: RepairDependencies,
): Promise<EvidenceFeatures> {
  const { f2p, holdout = 0, oracle, size, breadth, drift } = checked.features;
  return {
    repro,
    f2p,
    holdout,
    oracle,
    agree: candidate.agree,
    ambig: ambiguity(candidate.distinctPassing),
    margin: candidate.margin ?? NO_MARGIN,
    size,
    breadth,
    drift,
    review: isRefused ? -1 : 0,
    memory: await memoryFeature(
      { family: familyOf(candidate), failure: opened.incident.failure },
      deps,
    ),
  };
}

async function factsOf(
  { repro, shadow }: ReadGateInput,
  { opened, candidate, checked, isRefused }: Judged,
  { db }: RepairDependencies,
): Promise<CandidateFacts> {
  cancellationSignal().throwIfAborted();
  const { incident } = opened;
  const inForce = await definitionOf(db, incident.source);
  const now = inForce && specDigest(incident.source, inForce.definition.config['extract']);
  return {
    reproduced: repro === 1,
    heldOutBodies: checked.heldOutBodies,
    touchesGuards: false,
    sandbox: 'not-needed',
    changesCode: false,
    newFindings: [],
    review: isRefused ? 'reject' : 'abstain',
    baseMoved: now !== candidate.fromSpecDigest,
    regressionOfOwnFix: incident.regressionOf !== null,
    shadow,
    rollbackPossible: true,
  };
}

async function circumstancesOf(
  { incident }: Case,
  now: Date,
  { db }: RepairDependencies,
): Promise<GateCircumstances> {
  const { on } = await readRepairSwitch(db, incident.tenant);
  const dayAgo = new Date(now.getTime() - DAY_MS);
  const monthAgo = new Date(now.getTime() - 30 * DAY_MS);
  return {
    killSwitch: on,
    // What costs nothing has no budget.
    budgetExceeded: false,
    deploysToday: await deploysSince(db, incident, dayAgo),
    failedRepairs: await failedRepairsSince(db, incident, monthAgo),
  };
}

async function requiredCandidate(
  input: ReadGateInput | RecordDecisionInput,
  { db }: RepairDependencies,
): Promise<StoredCandidate> {
  const candidate = await readCandidate(db, input);
  if (candidate) return candidate;
  throw failure(
    'StaleDecision',
    `Nobody has proposed fix "${input.patchDigest.slice(0, 8)}" for incident "${input.incident}".`,
  );
}

/** Who has found it; that it is remembered, too, is no other way of finding, and says nothing against it. */
function familyOf({ families }: StoredCandidate): string {
  return families.find((family) => family !== 'memory') ?? families[0] ?? 'relocate';
}
