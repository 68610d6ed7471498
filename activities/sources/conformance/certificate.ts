import { digestOf } from '../../../adapters/definitions/digest.ts';
import type { Check, CheckGroup, Outcome } from './check.ts';
import { checks as allChecks } from './checks.ts';
import type { CertifiedSpec, Subject } from './subject.ts';
import { openTrial } from './trial.ts';

/** The report of one trial. It holds no config and no content. */
export interface Certificate {
  /** Of this form of a report. */
  readonly format: 1;
  readonly spec: CertifiedSpec;
  /** SHA-256 of `spec` as canonical JSON. */
  readonly specHash: string;
  /** What was tried, for people. */
  readonly subject: string;
  readonly date: string;
  /** `passed`: no check has failed. What was skipped is not known. */
  readonly verdict: 'passed' | 'failed';
  readonly counts: { readonly pass: number; readonly fail: number; readonly skipped: number };
  readonly checks: readonly CheckedPromise[];
  /** SHA-256 of everything above as canonical JSON: whoever stores it knows later that the report is the same. */
  readonly sha256: string;
}

export type CheckedPromise = Outcome & {
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  readonly elapsedMs: number;
};

export interface CertifyOptions {
  /** What was tried, for people. */
  readonly name: string;
  readonly checks?: readonly Check[];
  /** Told of each outcome as soon as it is there. */
  readonly onOutcome?: (checked: CheckedPromise) => void;
}

/** Tries everything that a source type promises on one subject. The subject is closed at the end. */
export async function certify(
  subject: Subject,
  { name, checks = allChecks, onOutcome }: CertifyOptions,
): Promise<Certificate> {
  const trial = openTrial(subject, checks);
  const checked: CheckedPromise[] = [];
  try {
    for (const check of checks) {
      const startedAt = performance.now();
      const outcome = await trial.outcome(check);
      const { id, group, title } = check;
      const elapsedMs = Math.round(performance.now() - startedAt);
      checked.push({ id, group, title, elapsedMs, ...outcome });
      onOutcome?.({ id, group, title, elapsedMs, ...outcome });
    }
  } finally {
    await trial.close();
  }
  return certificateOf(subject, name, checked);
}

function certificateOf(
  subject: Subject,
  name: string,
  checked: readonly CheckedPromise[],
): Certificate {
  const { name: type, version, configSchema } = subject.type.spec;
  const spec = { name: type, version, configSchema };
  const count = (verdict: Outcome['verdict']): number =>
    checked.filter((one) => one.verdict === verdict).length;
  const counts = { pass: count('pass'), fail: count('fail'), skipped: count('skipped') };
  const report = {
    format: 1,
    spec,
    specHash: digestOf(spec),
    subject: name,
    date: new Date().toISOString(),
    verdict: counts.fail === 0 ? 'passed' : 'failed',
    counts,
    checks: checked,
  } as const;
  return { ...report, sha256: digestOf(report) };
}
