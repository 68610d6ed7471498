import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap } from '../../../workflows/is-map.ts';
import type { SourceEnv } from '../contract.ts';
import type { ScriptConfig } from './config.ts';

/** The configuration of the program, secrets in their places. Never log it. */
export function mergedSettings({
  settings,
  secretSettings,
}: ScriptConfig): Readonly<Record<string, unknown>> {
  const merged = structuredClone(settings ?? {}) as Record<string, unknown>;
  for (const [path, value] of Object.entries(secretSettings ?? {})) {
    setAt(merged, path.split('.'), value);
  }
  return merged;
}

/** A folder of this read alone, for the files that a program is given. It goes with the temporary directory of the attempt. */
export function filesFolder(env: SourceEnv): Promise<string> {
  return mkdtemp(join(env.temporaryDirectory, 'files-'));
}

/** Writes `text` for the program alone and answers the path. */
export async function writePrivate(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: string): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner = Object.hasOwn(target, first) ? target[first] : undefined;
  const holder = isMap(inner) ? inner : {};
  target[first] = holder;
  setAt(holder, rest, value);
}
