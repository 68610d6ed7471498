import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '../lock.ts';
import { endOfEarlierSystem } from '../system/system.ts';

/** Says that a folder is the demo's own, to be emptied by the next one. */
const MARK = 'demo-repair.txt';
const MARK_TEXT = 'The state of "npm run demo:repair", which empties this folder when it starts.\n';
/** What may be there before: ports that somebody has chosen. */
const PORTS_FILE = 'ports.json';

/** A hundred above those of "npm start", so that both run at once; taken ones are passed over. */
const PORTS = {
  Temporal: 7333,
  'the Temporal Web UI': 8333,
  PostgreSQL: 7354,
  S3: 7355,
  Bedrock: 7356,
  metrics: 7357,
  'the shop': 7358,
};

/**
 * Makes a folder the empty state of a new demo; the ports of the one before stay.
 * @throws Error - a demo runs on it, or it holds something that is not the demo's.
 */
export async function prepareDemoFolder(folder: string): Promise<void> {
  await refuseForeign(folder);
  await mkdir(folder, { recursive: true });
  const unlock = await takeLock(join(folder, 'lock'), 0);
  if (!unlock)
    throw new Error(
      `A demo runs already on "${folder}". Stop it with Ctrl-C there, or name another folder by --state.`,
    );
  try {
    await endOfEarlierSystem(folder);
    const old = (await readdir(folder)).filter((name) => !KEPT.test(name));
    for (const name of old) await rm(join(folder, name), { recursive: true, force: true });
    await writeFile(join(folder, MARK), MARK_TEXT);
    if (!existsSync(join(folder, PORTS_FILE)))
      await writeFile(join(folder, PORTS_FILE), `${JSON.stringify(PORTS, null, 2)}\n`);
  } finally {
    unlock();
  }
}

/** Of the lock, SQLite has files beside it. */
const KEPT = /^(?:lock.*|ports\.json)$/u;

async function refuseForeign(folder: string): Promise<void> {
  const found: readonly string[] = await readdir(folder).catch(() => []);
  const isOurs = found.includes(MARK) || found.every((name) => KEPT.test(name));
  if (isOurs) return;
  throw new Error(
    `"${folder}" holds something else than the state of a demo, and the demo would empty it. Name another folder by --state.`,
  );
}
