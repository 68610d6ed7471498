import type { CheckResult } from '../../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../../contract.ts';
import type { ScriptConfig } from '../config.ts';
import { verdict } from '../verdict.ts';
import { discoverCatalog, selected } from './catalog.ts';

/** Singer has no command for it: a tap that can list its streams has reached its source, mostly. */
export async function checkSinger(config: ScriptConfig, env: SourceEnv): Promise<CheckResult[]> {
  if (config.catalog === 'none') return [];
  if (config.catalog === undefined && config.streams === undefined) return [];
  return [
    await verdict('discover', async () => {
      const catalog = await discoverCatalog(config, env);
      selected(catalog, config.streams ?? {});
      const { length } = catalog.streams;
      return `The tap lists ${length} streams; ${Object.keys(config.streams ?? {}).length || length} are read.`;
    }),
  ];
}
