import type { Incident } from '../adapters/postgres/incidents.ts';
import { timeText } from '../workflows/approval/words.ts';
import { plural } from './text.ts';

type Quiet = Pick<Incident, 'suppressed' | 'outcome'>;

/** Why nothing happens although the source fails again; undefined where nobody would wonder. */
export function quietText(incident: Quiet, until: Date | undefined): string | undefined {
  if (until === undefined || !isTrouble(incident)) return undefined;
  const { suppressed } = incident;
  const since = suppressed === 0 ? '' : ` (${plural(suppressed, 'failing run')} since)`;
  return `The same break is quiet until ${timeText(until.getTime())}${since}: until then it only counts, then it opens a new incident.`;
}

/** It broke again, or nothing has mended it. */
function isTrouble({ suppressed, outcome }: Quiet): boolean {
  if (suppressed > 0 || outcome?.endsWith('rolled-back') === true) return true;
  return outcome === 'alerted' || outcome === 'pr-rejected' || outcome === 'pr-expired';
}
