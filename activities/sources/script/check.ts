import { ApplicationFailure } from '@temporalio/common';
import { parseDuration } from '../../../adapters/definitions/duration.ts';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import { FAILURES, isFailureName } from '../../../workflows/failures.ts';
import { allowedCommand } from '../child-process/allowed-command.ts';
import type { SourceEnv } from '../contract.ts';
import type { ScriptConfig } from './config.ts';
import { startScript } from './run.ts';

/** The program may be started and exists; then the check command, if there is one. The read command itself is never run. */
export async function checkScript(config: ScriptConfig, env: SourceEnv): Promise<CheckResult[]> {
  const program = await verdict('start', 'The program exists and may be started.', async () => {
    allowedCommand(config.command[0] ?? '', env.settings, config.cwd ?? env.temporaryDirectory);
  });
  if (program.verdict !== 'PASS') return [program];
  const { check } = config;
  if (check === undefined) return [program, NOTHING_RUN];
  const connect = await verdict('connect', 'The check command ended with exit code 0.', () =>
    runCheck(config, check, env),
  );
  return [program, connect];
}

const CHECK_TIMEOUT_MS = 60_000;

const NOTHING_RUN: CheckResult = {
  capability: 'connect',
  verdict: 'INDETERMINATE',
  detail: 'Nothing was run: the definition has no check command.',
  remedy: 'Add "check", a command that tests credentials and reach and ends at once.',
};

async function runCheck(
  config: ScriptConfig,
  command: readonly string[],
  env: SourceEnv,
): Promise<void> {
  const limitMs = config.timeout === undefined ? undefined : parseDuration(config.timeout);
  const timeoutMs = Math.min(limitMs ?? CHECK_TIMEOUT_MS, CHECK_TIMEOUT_MS);
  const run = await startScript(config, { command, state: null, timeoutMs }, env);
  try {
    for await (const line of run.lines) if (line.kind === 'total-exceeded') break;
    await run.finish();
  } finally {
    await run.close();
  }
}

async function verdict(
  capability: string,
  good: string,
  attempt: () => Promise<void>,
): Promise<CheckResult> {
  try {
    await attempt();
    return { capability, verdict: 'PASS', detail: good };
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || !isFailureName(error.type)) throw error;
    const { retried, remedy } = FAILURES[error.type];
    const detail = `${error.message}${tailOf(error)}`;
    return { capability, verdict: retried ? 'INDETERMINATE' : 'FAIL', detail, remedy };
  }
}

function tailOf(error: ApplicationFailure): string {
  const [details] = error.details ?? [];
  const tail =
    typeof details === 'object' && details !== null && 'stderrTail' in details
      ? details.stderrTail
      : undefined;
  return typeof tail === 'string' && tail !== '' ? ` Its standard error ends with: ${tail}` : '';
}
