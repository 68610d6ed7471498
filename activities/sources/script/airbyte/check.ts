import type { CheckResult } from '../../../../workflows/collection/inspection.ts';
import { failure } from '../../../../workflows/failures.ts';
import type { SourceEnv } from '../../contract.ts';
import type { ScriptConfig } from '../config.ts';
import { redactorOf } from '../redactor-of.ts';
import { verdict } from '../verdict.ts';
import { ask } from './ask.ts';
import { configure, discoverStreams } from './catalog.ts';
import { settingFindings } from './setting-findings.ts';

/** The settings against the source's own specification, its `check`, then the streams. What comes later is not asked after a FAIL. */
export async function checkAirbyte(config: ScriptConfig, env: SourceEnv): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const step of [settings, connect, streams]) {
    const result = await step(config, env);
    results.push(result);
    if (result.verdict !== 'PASS') break;
  }
  return results;
}

function settings(config: ScriptConfig, env: SourceEnv): Promise<CheckResult> {
  return verdict('settings', async () => {
    const [message] = await ask(config, 'spec', 'SPEC', env);
    const findings = settingFindings(config, message?.spec.connectionSpecification ?? {});
    if (findings.length === 0) return 'The settings fit the specification of the source.';
    throw failure('InvalidConfig', `The settings do not fit the source: ${findings.join('; ')}.`);
  });
}

function connect(config: ScriptConfig, env: SourceEnv): Promise<CheckResult> {
  return verdict('connect', async () => {
    const answers = await ask(config, 'check', 'CONNECTION_STATUS', env);
    const status = answers.at(-1)?.connectionStatus;
    if (status?.status === 'SUCCEEDED') return 'The source says that the connection is good.';
    const said = redactorOf(config, env)(status?.message ?? 'it gives no reason').slice(0, 500);
    throw failure('InvalidConfig', `The source says that the connection failed: "${said}".`);
  });
}

function streams(config: ScriptConfig, env: SourceEnv): Promise<CheckResult> {
  return verdict('streams', async () => {
    const all = await discoverStreams(config, env);
    const chosen = configure(all, config);
    const full = chosen.filter(({ mode }) => mode === 'full_refresh').length;
    return `${chosen.length} of ${all.length} streams are read, ${full} of them whole in each run.`;
  });
}
