import type { ScriptConfig } from '../config.ts';
import { mergedSettings, writePrivate } from '../settings.ts';

/** The command with `--config`, where there are settings. */
export async function configured(config: ScriptConfig, folder: string): Promise<readonly string[]> {
  const settings = mergedSettings(config);
  if (Object.keys(settings).length === 0) return config.command;
  const path = await writePrivate(folder, 'config.json', JSON.stringify(settings));
  return [...config.command, '--config', path];
}
