import type { Database } from '../adapters/postgres/database.ts';
import { readIncidents, type Incident } from '../adapters/postgres/incidents.ts';
import {
  openSystemicIncidents,
  releaseSystemicHold,
} from '../adapters/postgres/systemic-incidents.ts';
import { author } from './author.ts';
import type { Answer } from './commands/command.ts';
import { Problem } from './problem.ts';
import { wakeRepair } from './repair-orders.ts';
import { ourCommand } from './spoken-commands.ts';
import type { System } from './system.ts';
import { plural } from './text.ts';

/** Lets the repairs that a systemic incident holds go on, and wakes those that run. @throws Problem - it holds nothing. */
export async function releaseStorm(system: System, storm: string): Promise<Answer> {
  const db = await system.database();
  const open = await openSystemicIncidents(db);
  const released = await releaseSystemicHold(db, storm, author());
  if (!released) {
    const known = open.map(({ id }) => id).join(', ');
    throw new Problem(`No systemic incident "${storm}" holds repairs.`, {
      failure: 'NotFound',
      remedy: known === '' ? 'None does at the moment.' : `These do: ${known}.`,
    });
  }
  const woken = await wakeAll(system, await heldBy(db, storm));
  const when =
    woken === undefined
      ? 'its repairs look again within five minutes, as Temporal could not be told.'
      : `${plural(woken, 'running repair')} told to look again now.`;
  return {
    data: { released: storm, by: author(), ...(woken === undefined ? {} : { woken }) },
    text: `Released ${storm}: ${when} "${ourCommand('repairs')}" shows them.`,
  };
}

/** Far above what the caps let run at once; whoever is not told looks by itself. */
const MAX_OPEN = 1000;

/** One incident of each source: a source has one repair. */
async function heldBy(db: Database, storm: string): Promise<readonly Incident[]> {
  const open = await readIncidents(db, { state: 'open', limit: MAX_OPEN });
  const held = open.filter((one) => one.storm === storm);
  return [...new Map(held.map((one) => [`${one.tenant} ${one.source}`, one])).values()];
}

/** How many were told; undefined where nobody could be. The release itself stands in the database. */
async function wakeAll(system: System, held: readonly Incident[]): Promise<number | undefined> {
  if (held.length === 0) return 0;
  try {
    const temporal = await system.temporal();
    const told = await Promise.all(held.map((one) => wakeRepair(temporal, one)));
    return told.filter(Boolean).length;
  } catch {
    return undefined;
  }
}
