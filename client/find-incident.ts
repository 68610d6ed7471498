import type { Database } from '../adapters/postgres/database.ts';
import { readIncident, readIncidents, type Incident } from '../adapters/postgres/incidents.ts';
import { Problem } from './problem.ts';
import { ourCommand } from './spoken-commands.ts';

/**
 * The incident that a person means: by its id, by a source (the one that needs people first, then one that is open, then the newest), or by the
 * beginning of an id. Undefined when there is none.
 * @throws Problem - the beginning of several ids.
 */
export async function findIncident(db: Database, wanted: string): Promise<Incident | undefined> {
  const exact = await readIncident(db, wanted);
  if (exact) return exact;
  const ofSource = await readIncidents(db, { source: wanted, limit: SEVERAL });
  if (ofSource.length > 0) return ofSource.toSorted((a, b) => rank(a) - rank(b))[0];
  const [first, ...others] = await readIncidents(db, { begins: wanted, limit: SEVERAL });
  if (others.length === 0) return first;
  const names = [first, ...others].map((one) => one?.id ?? '').slice(0, 5);
  throw new Problem(`"${wanted}" begins the ids of ${others.length + 1} incidents.`, {
    failure: 'NotFound',
    remedy: `Name one of them: ${names.join(', ')}.`,
  });
}

/** The same. @throws Problem - there is none, or the beginning of several ids. */
export async function requiredIncident(db: Database, wanted: string): Promise<Incident> {
  const found = await findIncident(db, wanted);
  if (found) return found;
  throw new Problem(`There is no incident "${wanted}", nor a source of that name with one.`, {
    failure: 'NotFound',
    remedy: `"${ourCommand('repairs')}" lists them.`,
  });
}

/** Does its repair wait for people? */
export function waitsForPeople({ state, stage }: Pick<Incident, 'state' | 'stage'>): boolean {
  return state === 'open' && (stage === 'awaiting-approval' || stage === 'awaiting-guidance');
}

const SEVERAL = 20;

function rank(incident: Incident): number {
  if (waitsForPeople(incident)) return 0;
  if (incident.state === 'closed') return 3;
  return incident.stage === 'triaging' ? 2 : 1;
}
