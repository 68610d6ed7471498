import { ApplicationFailure } from '@temporalio/common';
import type { Exit } from '../../../adapters/child-process/process-group.ts';
import { failure, type FailureName } from '../../../workflows/failures.ts';

/** Exit codes of sysexits.h that say more than "it failed" (EX_TEMPFAIL, EX_NOPERM, EX_CONFIG). */
const EXIT_FAILURES: ReadonlyMap<number | null, FailureName> = new Map([
  [75, 'SourceUnavailable'],
  [77, 'AuthExpired'],
  [78, 'InvalidConfig'],
]);

/**
 * What an exit other than 0 means; `stderrTail` must be redacted already.
 * 75 SourceUnavailable, 77 AuthExpired, 78 InvalidConfig; anything else, and a signal, is ScriptError.
 */
export function exitFailure(command: string, exit: Exit, stderrTail: string): Error | undefined {
  if (exit.code === 0) return undefined;
  const name = notStarted(stderrTail, exit)
    ? 'InvalidConfig'
    : (EXIT_FAILURES.get(exit.code) ?? 'ScriptError');
  const how =
    exit.signal === null ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
  const said = LIMIT_HINTS.get(exit.signal ?? '') ?? lastLine(stderrTail);
  const hint = exit.code !== null && EXIT_FAILURES.has(exit.code) ? HINTS[name] : undefined;
  return failure(name, `The script "${command}" ${how}. ${hint ?? said}`, {
    details: { exitCode: exit.code, signal: exit.signal, stderrTail },
  });
}

/** The details of a failure that an exit code means; undefined for any other failure. */
export function exitDetails(error: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!(error instanceof ApplicationFailure)) return undefined;
  const [details] = error.details ?? [];
  return typeof details === 'object' && details !== null && 'exitCode' in details
    ? { ...details }
    : undefined;
}

/** The programs that confine one say on standard error that they could not become it, and end as a shell would. */
function notStarted(stderrTail: string, { code }: Exit): boolean {
  return (
    (code === 126 || code === 127) && /^(?:prlimit|unshare): failed to execute /u.test(stderrTail)
  );
}

const LIMIT_HINTS: ReadonlyMap<string, string> = new Map([
  [
    'SIGXFSZ',
    'It wrote a larger file than "limits.fileBytes" allows. Raise that, or let it write less.',
  ],
  [
    'SIGXCPU',
    'It used more processor time than "limits.cpuSeconds" allows. Raise that, or look what it computes.',
  ],
]);

/** What a person reads first of all; the rest is in the details. */
function lastLine(stderrTail: string): string {
  const line = stderrTail.trim().split('\n').at(-1)?.trim() ?? '';
  if (line === '') return 'It wrote nothing to its standard error.';
  return `The last line of its standard error: "${line.slice(0, MAX_LINE)}".`;
}

const MAX_LINE = 300;

const HINTS: Partial<Record<FailureName, string>> = {
  SourceUnavailable: 'By that code it says that its source does not answer now; it is tried again.',
  AuthExpired: 'By that code it says that its credentials were refused; renew them.',
  InvalidConfig: 'By that code it says that its settings are wrong; mend them.',
};
