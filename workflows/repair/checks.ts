/** What one check found about a candidate: for the next attempt, the gate, people and the audit. */
export interface CheckReport {
  readonly check: CheckName;
  /** Could not run is `inconclusive`: never a pass, never a fail. */
  readonly verdict: CheckVerdict;
  /** Whole sentences, at most 20. */
  readonly findings: readonly string[];
  /** Key of the whole report in the evidence prefix. */
  readonly ref?: string;
}

export type CheckVerdict = 'pass' | 'fail' | 'inconclusive';

/** The checks of extraction specs, in the order in which they run: a candidate that is no spec meets no body. */
export const SPEC_CHECKS = {
  schema: { asks: 'The patched spec is valid, canonical, and its selectors parse.' },
  paths: { asks: 'Only fields, records, pagination and decoding are touched.' },
  f2p: { asks: 'Everything that failed on the failing pages passes.' },
  p2p: { asks: 'Everything that passed on the bodies shown still passes.' },
  holdout: { asks: 'The bodies that no strategy has seen satisfy the spec.' },
  oracle: { asks: 'Values equal the last good ones, or look like them where they may change.' },
  required: { asks: 'No record misses a required field.' },
  output: { asks: 'The output is not empty.' },
  deterministic: { asks: 'Two runs give the same records.' },
} as const satisfies Record<string, { readonly asks: string }>;

export type CheckName = keyof typeof SPEC_CHECKS;

export const CHECK_NAMES = Object.keys(SPEC_CHECKS) as readonly CheckName[];

const MAX_FINDINGS = 20;

/** A report with its findings cut to 20, the last of them saying how many more there were. */
export function checkReport(
  check: CheckName,
  verdict: CheckVerdict,
  findings: readonly string[] = [],
): CheckReport {
  if (findings.length <= MAX_FINDINGS) return { check, verdict, findings };
  const shown = findings.slice(0, MAX_FINDINGS - 1);
  const rest = `${findings.length - shown.length} more findings are left out.`;
  return { check, verdict, findings: [...shown, rest] };
}

/** One fail: fail; else one inconclusive or a missing check: inconclusive. `wanted` is what should have run. */
export function combined(
  reports: readonly CheckReport[],
  wanted: readonly CheckName[] = CHECK_NAMES,
): CheckVerdict {
  const verdicts = wanted.map((name) => verdictOf(reports, name));
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('inconclusive') || verdicts.length === 0 ? 'inconclusive' : 'pass';
}

/** The worst verdict reported for a check; a check that nobody reported could not run. */
export function verdictOf(reports: readonly CheckReport[], name: CheckName): CheckVerdict {
  const own = reports.filter(({ check }) => check === name).map(({ verdict }) => verdict);
  if (own.includes('fail')) return 'fail';
  return own.length > 0 && own.every((verdict) => verdict === 'pass') ? 'pass' : 'inconclusive';
}
