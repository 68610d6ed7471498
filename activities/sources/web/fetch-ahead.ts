import { isLimitOfHost } from '../../../adapters/net/pace.ts';
import type { Frontier, Visit } from './frontier.ts';
import { prepareVisit, type PreparedVisit } from './prepare-visit.ts';
import type { Session } from './session.ts';

/** Asks for the pages that come next while the present one is read. The order in which they are taken stays that of the frontier. */
export interface FetchAhead {
  /** What came of asking for the page; asks now if that was not begun. Then begins with those that wait next. */
  take(visit: Visit): Promise<PreparedVisit>;
}

/** As many at once as the session allows: a page that is slow to come delays nobody where the pace of its host permits more. */
export function createFetchAhead(session: Session, frontier: Frontier): FetchAhead {
  const underway = new Map<string, Promise<PreparedVisit>>();
  const begin = (visit: Visit): Promise<PreparedVisit> => {
    const prepared = prepareVisit(session, visit);
    // Whoever takes it hears of its failure; a crawl that stops takes none of them.
    prepared.catch(() => undefined);
    return prepared;
  };
  const beginNext = (): void => {
    forgetVisited(underway, frontier);
    for (const next of frontier.peek(session.pagesAhead)) {
      if (underway.size >= session.pagesAhead) break;
      if (!underway.has(next.id)) underway.set(next.id, begin(next));
    }
  };
  return {
    async take(visit) {
      const begun = underway.get(visit.id);
      underway.delete(visit.id);
      // A page that nobody foresaw comes first: the others must not take its turn.
      const prepared = begun === undefined ? await begin(visit) : undefined;
      beginNext();
      return prepared ?? settled(await begun, () => begin(visit));
    },
  };
}

/** A host that was not ready when it was asked ahead may be so by now. */
function settled(
  prepared: PreparedVisit | undefined,
  again: () => Promise<PreparedVisit>,
): PreparedVisit | Promise<PreparedVisit> {
  const asked = prepared?.asked;
  const isStale = asked?.kind === 'failed' && isLimitOfHost(asked.error);
  return prepared === undefined || isStale ? again() : prepared;
}

/** A redirect may have led to a page that was asked for. */
function forgetVisited(underway: Map<string, unknown>, frontier: Frontier): void {
  for (const id of underway.keys()) if (frontier.wasVisited(id)) underway.delete(id);
}
