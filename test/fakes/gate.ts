import type { GateCalibration } from '../../workflows/repair/calibration.ts';
import { CHECK_NAMES, checkReport } from '../../workflows/repair/checks.ts';
import {
  changedSize,
  remembered,
  type EvidenceFeatures,
} from '../../workflows/repair/confidence.ts';
import type { GateEvidence } from '../../workflows/repair/gate-evidence.ts';
import { policyOf, type RepairPolicy } from '../../workflows/repair/policy.ts';

/** A candidate with nothing against it: six changed lines on a page that moved a little. */
export const CLEAN_FEATURES: EvidenceFeatures = {
  repro: 1,
  f2p: 1,
  holdout: 1,
  oracle: 1,
  agree: 1,
  ambig: 0,
  margin: 0.8,
  size: changedSize(6),
  breadth: 0,
  drift: 0.3,
  review: 0,
  memory: remembered({ successes: 0, trials: 0, globalRate: 0.8 }),
};

/** The clean candidate, changed where a test says so. */
export function gateEvidence(changes: Partial<GateEvidence> = {}): GateEvidence {
  return {
    fingerprint: '00000001aaaaaaaa',
    patchDigest: 'p'.repeat(64),
    stratum: 'relocate/SelectorMissing',
    features: CLEAN_FEATURES,
    checks: CHECK_NAMES.map((check) => checkReport(check, 'pass')),
    facts: {
      reproduced: true,
      heldOutBodies: 3,
      touchesGuards: false,
      sandbox: 'not-needed',
      changesCode: false,
      newFindings: [],
      review: 'abstain',
      baseMoved: false,
      regressionOfOwnFix: false,
      shadow: 'good',
      rollbackPossible: true,
    },
    circumstances: {
      killSwitch: false,
      budgetExceeded: false,
      deploysToday: 0,
      failedRepairs: 0,
    },
    ...changes,
  };
}

/** A policy that lets repairs deploy. */
export function gatePolicy(changes: Partial<RepairPolicy> = {}): RepairPolicy {
  return {
    ...policyOf(undefined, 'default', { phase: 'autonomous' }),
    hash: 'h'.repeat(64),
    ...changes,
  };
}

/** Sixty clean outcomes of the stratum. */
export function gateCalibration(changes: Partial<GateCalibration> = {}): GateCalibration {
  const bounds = [{ minScore: 2, n: 60, successes: 60, lowerBound: 0.9513 }];
  return {
    v: 1,
    version: 3,
    hash: 'c'.repeat(64),
    stratum: 'relocate/SelectorMissing',
    known: true,
    a: 1,
    b: 0,
    levels: [
      { key: 'relocate/SelectorMissing', n: 60, bounds },
      { key: 'relocate', n: 60, bounds },
      { key: '*', n: 60, bounds },
    ],
    tauDeploy: 0.95,
    ...changes,
  };
}
