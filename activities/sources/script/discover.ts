import type { Discovery } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';
import type { ScriptConfig } from './config.ts';
import { dialectOf } from './dialects.ts';

/** The streams of a tap or source that can list them; of any other program only its command line, for it is not run. */
export async function discoverScript(config: ScriptConfig, env: SourceEnv): Promise<Discovery> {
  const discovery = await dialectOf(config).discover?.(config, env);
  return discovery ?? { streams: [{ name: config.command.join(' ').slice(0, 200) }] };
}
