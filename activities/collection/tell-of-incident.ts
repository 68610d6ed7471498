import type { Database } from '../../adapters/postgres/database.ts';
import type { Incident } from '../../adapters/postgres/incidents.ts';
import { closeNotices, noteNotice } from '../../adapters/postgres/notices.ts';
import type { StormFacts } from '../../adapters/postgres/systemic-incidents.ts';
import { DEFAULT_TENANT } from '../../workflows/collection/ids.ts';
import type { NewNotice } from '../../workflows/notices/notice.ts';
import type { Failure } from '../../workflows/repair/incident.ts';

/** Once a fingerprint: further occurrences only count. */
export function incidentNotice(failure: Failure, incident: string): NewNotice {
  const { tenant, source, runId, name, fingerprint, because, atMs } = failure;
  return {
    kind: 'incident-opened',
    tenant,
    source,
    ...(runId === undefined ? {} : { run: runId }),
    subject: fingerprint,
    what: `Source "${source}" broke, and a repair begins. ${name}: ${because} Nothing is deleted. What is read is stored as it is read; a good run or the fix brings back what is missing.`,
    command: `npm run cli -- repair show ${incident}`,
    since: new Date(atMs),
  };
}

/** Once a systemic incident, whatever the number of sources. */
export function stormNotice({ id, because }: StormFacts, { atMs }: Failure): NewNotice {
  return {
    kind: 'incident-opened',
    severity: 'critical',
    tenant: DEFAULT_TENANT,
    subject: id,
    what: `${because} A person may let them go on, or they do when failures stop.`,
    command: `npm run cli -- repairs --release ${id}`,
    since: new Date(atMs),
  };
}

/** Ends the notice of an incident that is over, and says so where its repair has nothing to tell. Idempotent: to be called once it is closed. */
export async function tellOfClosedIncident(db: Database, incident: Incident): Promise<void> {
  const { id, tenant, source, fingerprint, failure, outcome, becauseClosed, closedAt } = incident;
  if (outcome === null) return;
  const because = `incident "${id}" ended ${outcome}`;
  await closeNotices(db, {
    tenant,
    source,
    kinds: ['incident-opened'],
    subject: fingerprint,
    because,
  });
  if (!TOLD_AT_THE_END.has(outcome)) return;
  await noteNotice(db, {
    kind: 'incident-closed',
    tenant,
    source,
    ...(incident.run === null ? {} : { run: incident.run }),
    subject: id,
    what: `The incident of source "${source}" (${failure}) ended ${outcome}. ${becauseClosed ?? ''}`,
    command: `npm run cli -- repair show ${id}`,
    since: closedAt ?? new Date(),
  });
}

/** The repair itself tells of alerts, rollbacks and questions that nobody answered; of these ends nobody would hear otherwise. */
const TOLD_AT_THE_END: ReadonlySet<string> = new Set([
  'auto-deployed-ok',
  'not-reproduced',
  'pr-merged-edited',
  'pr-merged-unchanged',
  'pr-rejected',
  'recovered',
]);
