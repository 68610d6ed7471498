import { redactor } from '../../../adapters/secrets/redact.ts';
import { childEnvironment } from '../child-process/environment.ts';
import type { SourceEnv } from '../contract.ts';
import type { ScriptConfig } from './config.ts';

/** Takes every secret that the program was given out of what it says. */
export function redactorOf(config: ScriptConfig, env: SourceEnv): (text: string) => string {
  const { secrets } = childEnvironment(config, env);
  return redactor([...secrets, ...Object.values(config.secretSettings ?? {})]);
}
