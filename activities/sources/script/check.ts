import { parseDuration } from '../../../adapters/definitions/duration.ts';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import { allowedCommand } from '../child-process/allowed-command.ts';
import type { SourceEnv } from '../contract.ts';
import type { ScriptConfig } from './config.ts';
import { dialectOf } from './dialects.ts';
import { startScript } from './run.ts';
import { verdict } from './verdict.ts';

/** The program may be started and exists; then what the dialect can test, and the check command, if there is one. It is never read from. */
export async function checkScript(config: ScriptConfig, env: SourceEnv): Promise<CheckResult[]> {
  const program = await verdict('start', async () => {
    allowedCommand(config.command[0] ?? '', env.settings, config.cwd ?? env.temporaryDirectory);
    return 'The program exists and may be started.';
  });
  if (program.verdict !== 'PASS') return [program];
  const own = (await dialectOf(config).check?.(config, env)) ?? [];
  const { check } = config;
  if (check === undefined) return [program, ...(own.length === 0 ? [NOTHING_RUN] : own)];
  const connect = await verdict('connect', async () => {
    await runCheck(config, check, env);
    return 'The check command ended with exit code 0.';
  });
  return [program, connect, ...own];
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
