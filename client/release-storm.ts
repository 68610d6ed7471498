import type { Database } from '../adapters/postgres/database.ts';
import {
  openSystemicIncidents,
  releaseSystemicHold,
} from '../adapters/postgres/systemic-incidents.ts';
import { author } from './author.ts';
import type { Answer } from './commands/command.ts';
import { Problem } from './problem.ts';
import { ourCommand } from './spoken-commands.ts';

/** Lets the repairs that a systemic incident holds go on. @throws Problem - it holds nothing. */
export async function releaseStorm(db: Database, storm: string): Promise<Answer> {
  const open = await openSystemicIncidents(db);
  const released = await releaseSystemicHold(db, storm, author());
  if (!released) {
    const known = open.map(({ id }) => id).join(', ');
    throw new Problem(`No systemic incident "${storm}" holds repairs.`, {
      failure: 'NotFound',
      remedy: known === '' ? 'None does at the moment.' : `These do: ${known}.`,
    });
  }
  return {
    data: { released: storm, by: author() },
    text: `Released ${storm}: its repairs go on within minutes. "${ourCommand('repairs')}" shows them.`,
  };
}
