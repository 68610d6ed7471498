import {
  readFreshness,
  recordPausesByPeople,
  type FreshnessRow,
} from '../../adapters/postgres/freshness.ts';
import {
  closeIncidentNotices,
  closeOutdatedNotices,
  forgetNotices,
} from '../../adapters/postgres/notices.ts';
import { endStorms } from '../../adapters/postgres/systemic-incidents.ts';
import { definitionsInForce } from '../../adapters/postgres/revisions.ts';
import { spanText } from '../../workflows/approval/words.ts';
import type { FreshnessReport } from '../../workflows/collection/activities.ts';
import { fleetFreshness } from '../../workflows/collection/freshness.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import { isPausedByPerson } from '../../workflows/collection/schedule-plan.ts';
import type { NewNotice } from '../../workflows/notices/notice.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { tell, wakeAllTellers } from '../notices/tell.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { reportLate } from './report-late.ts';
import { wakeRepairs } from './wake-repairs.ts';

type Watching = Pick<CollectionDependencies, 'db' | 'schedules' | 'wakeTeller' | 'repairs'>;

const SHOWN = 10;
/** As long as people may look back. */
const KEPT_MS = 90 * 24 * 3_600_000;

/**
 * Looks how old what we have is, notes what is late and ends what is late no more. A few statements whatever the number of sources, and safe
 * to repeat. It also wakes the tellers of whatever waits: nothing that was noted is forgotten for longer than until the next look; neither is an incident whose repair was not started.
 */
export function watchFreshness(deps: Watching): Promise<FreshnessReport> {
  return withHeartbeat(
    () => ({ phase: 'looking' }),
    async () => {
      await recordPausesByPeople(deps.db, await readPausesByPeople(deps));
      const rows = await readFreshness(deps.db, new Date());
      const late = rows.filter(({ state }) => state === 'late');
      await closeOutdatedNotices(deps.db, late);
      await endStorms(deps.db);
      await closeIncidentNotices(deps.db);
      await tell(late.map(noticeOf), deps);
      await reportLate(late, deps);
      await forgetNotices(deps.db, KEPT_MS);
      await wakeAllTellers(deps);
      await wakeRepairs(deps);
      const fleet = fleetFreshness(rows.map(({ state }) => state));
      return { ...fleet, shown: late.slice(0, SHOWN).map(({ source }) => source) };
    },
  );
}

async function readPausesByPeople({ db, schedules }: Watching) {
  const paused = new Set((await schedules.list()).filter(isPausedByPerson).map(({ id }) => id));
  if (paused.size === 0) return [];
  return (await definitionsInForce(db))
    .filter(({ tenant, id }) => paused.has(sourceScheduleId(tenant, id)))
    .map(({ tenant, id }) => ({ tenant, source: id }));
}

function noticeOf(row: FreshnessRow): NewNotice {
  const { tenant, source, lateSince } = row;
  return {
    kind: 'freshness-breached',
    tenant,
    source,
    what: `Source "${source}" is late. ${ageText(row)} ${reasonText(row)}`,
    command: commandOf(row),
    since: lateSince ?? new Date(),
  };
}

function ageText({ lastSuccessAt, ageMs, allowedMs, schedule }: FreshnessRow): string {
  const allowed = `its schedule "${schedule}" allows ${spanText(allowedMs)}.`;
  const age = spanText(ageMs);
  if (!lastSuccessAt) return `It was never collected in ${age}; ${allowed}`;
  const when = lastSuccessAt.toISOString().slice(0, 16).replace('T', ' ');
  return `Its last good run ended ${when} UTC, ${age} ago; ${allowed}`;
}

function reasonText({ suspended, lastStatus, lastFailure }: FreshnessRow): string {
  if (suspended) return 'It is paused, because its runs failed.';
  if (lastStatus === null) return 'No run has begun: look whether a worker runs.';
  if (lastStatus === 'running') return 'A run is under way.';
  const failure = lastFailure === null ? '' : ` (${lastFailure})`;
  return `Its last run ended ${lastStatus}${failure}.`;
}

function commandOf({ source, suspended, lastStatus }: FreshnessRow): string {
  if (suspended) return `npm run cli -- resume ${source}`;
  const verb = lastStatus === null || lastStatus === 'succeeded' ? 'run' : 'run show';
  return `npm run cli -- ${verb} ${source}`;
}
