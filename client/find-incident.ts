import type { Database } from '../adapters/postgres/database.ts';
import { readIncident, readIncidents, type Incident } from '../adapters/postgres/incidents.ts';
import { Problem } from './problem.ts';
import { ourCommand } from './spoken-commands.ts';

/**
 * The incident that a person means: by its id, by a source (the one that needs people first, then one that is open, then the newest), or by the
 * beginning of an id that names its source whole: "shop" never means "shop-2-1a2b3c4d". Undefined when there is none.
 * @throws Problem - the beginning of several ids.
 */
export async function findIncident(db: Database, wanted: string): Promise<Incident | undefined> {
  const exact = await readIncident(db, wanted);
  if (exact) return exact;
  const ofSource = await readIncidents(db, { source: wanted, limit: SEVERAL });
  if (ofSource.length > 0) return ofSource.toSorted((a, b) => rank(a) - rank(b))[0];
  const begun = await incidentsBegunBy(db, wanted);
  const [first, ...others] = begun.filter((one) => isBegunBy({ ...one, incident: one.id }, wanted));
  if (others.length > 0) throw ambiguous(wanted, begun);
  return first;
}

function incidentsBegunBy(db: Database, wanted: string): Promise<readonly Incident[]> {
  return readIncidents(db, { begins: wanted, limit: SEVERAL });
}

function ambiguous(wanted: string, begun: readonly Incident[]): Problem {
  const what = begun.length === 1 ? 'id of an incident' : `ids of ${begun.length} incidents`;
  return new Problem(`"${wanted}" begins the ${what}.`, {
    failure: 'NotFound',
    remedy: `Name one of them: ${begun
      .slice(0, 5)
      .map(({ id }) => id)
      .join(', ')}.`,
  });
}

/** Is it the beginning of the id of an incident, and more than the beginning of the name of its source? */
export function isBegunBy(
  { incident, tenant, source }: Pick<Incident, 'tenant' | 'source'> & { readonly incident: string },
  wanted: string,
): boolean {
  const stem = tenant === 'default' ? `${source}-` : `${tenant}.${source}-`;
  return incident.startsWith(wanted) && !stem.startsWith(wanted);
}

/** The same. @throws Problem - there is none, or the beginning of several ids. */
export async function requiredIncident(db: Database, wanted: string): Promise<Incident> {
  const found = await findIncident(db, wanted);
  if (found) return found;
  const begun = await incidentsBegunBy(db, wanted);
  if (begun.length > 0) throw ambiguous(wanted, begun);
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
