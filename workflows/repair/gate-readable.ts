import { isMap } from '../is-map.ts';
import { CHECK_NAMES } from './checks.ts';
import type { GateCalibration } from './calibration.ts';
import type { GateEvidence } from './gate-evidence.ts';
import type { RepairPolicy } from './policy.ts';

/** Types are a promise of the compiler; what arrives over a wire or out of a database has promised nothing. Total: never throws. */
export function isReadableEvidence(value: unknown): value is GateEvidence {
  if (!isMap(value) || !isMap(value['features'])) return false;
  const { facts, circumstances, checks } = value;
  return (
    isHex(value['fingerprint']) &&
    isName(value['patchDigest']) &&
    isName(value['stratum']) &&
    Array.isArray(checks) &&
    checks.every(isReport) &&
    isReadableFacts(facts) &&
    isReadableCircumstances(circumstances)
  );
}

export function isReadablePolicy(value: unknown): value is RepairPolicy {
  if (!isMap(value) || value['v'] !== 1) return false;
  return (
    isName(value['hash']) &&
    isOneOf(value['phase'], ['manual', 'assisted', 'autonomous']) &&
    isOneOf(value['tier'], [1, 2]) &&
    isOneOf(value['review'], ['required', 'by-numbers']) &&
    isOneOf(value['onFailedChecks'], ['pull-request', 'alert']) &&
    isCount(value['deploysADay']) &&
    isShare(value['tauDeploy']) &&
    isShare(value['tauPr']) &&
    isShare(value['lambda']) &&
    isList(value['freezeWindows'], isWindow)
  );
}

export function isReadableCalibration(value: unknown): value is GateCalibration {
  if (!isMap(value) || value['v'] !== 1) return false;
  const { a, tauDeploy, tauPr, off } = value;
  return (
    isName(value['hash']) &&
    isName(value['stratum']) &&
    typeof value['known'] === 'boolean' &&
    isNumber(a) &&
    a > 0 &&
    isNumber(value['b']) &&
    isList(value['levels'], isLevel) &&
    (tauDeploy === null || isShare(tauDeploy)) &&
    (tauPr === undefined || isShare(tauPr)) &&
    (off === undefined || isOff(off))
  );
}

function isReport(value: unknown): boolean {
  return (
    isMap(value) &&
    isOneOf(value['check'], CHECK_NAMES) &&
    isOneOf(value['verdict'], ['pass', 'fail', 'inconclusive'])
  );
}

function isReadableFacts(value: unknown): boolean {
  if (!isMap(value)) return false;
  const flags = FLAGS.every((name) => typeof value[name] === 'boolean');
  return (
    flags &&
    isCount(value['heldOutBodies']) &&
    Array.isArray(value['newFindings']) &&
    isOneOf(value['sandbox'], ['not-needed', 'isolated', 'none']) &&
    isOneOf(value['review'], ['accept', 'reject', 'abstain']) &&
    isOneOf(value['shadow'], ['good', 'bad', 'inconclusive', 'none'])
  );
}

const FLAGS = [
  'reproduced',
  'touchesGuards',
  'changesCode',
  'baseMoved',
  'regressionOfOwnFix',
  'rollbackPossible',
];

function isReadableCircumstances(value: unknown): boolean {
  return (
    isMap(value) &&
    typeof value['killSwitch'] === 'boolean' &&
    typeof value['budgetExceeded'] === 'boolean' &&
    isCount(value['deploysToday']) &&
    isCount(value['failedRepairs'])
  );
}

function isLevel(value: unknown): boolean {
  return (
    isMap(value) && isName(value['key']) && isCount(value['n']) && isList(value['bounds'], isStep)
  );
}

function isStep(value: unknown): boolean {
  return (
    isMap(value) &&
    isNumber(value['minScore']) &&
    isCount(value['n']) &&
    isCount(value['successes']) &&
    isShare(value['lowerBound'])
  );
}

function isOff(value: unknown): boolean {
  return isMap(value) && (value['untilMs'] === null || isNumber(value['untilMs']));
}

function isWindow(value: unknown): boolean {
  return isMap(value) && isNumber(value['fromMs']) && isNumber(value['toMs']);
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8,}$/.test(value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Decayed counts are fractions. */
function isCount(value: unknown): value is number {
  return isNumber(value) && value >= 0;
}

function isShare(value: unknown): value is number {
  return isNumber(value) && value >= 0 && value <= 1;
}

function isOneOf(value: unknown, allowed: readonly unknown[]): boolean {
  return allowed.includes(value);
}
