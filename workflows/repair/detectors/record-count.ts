import type { FailureName } from '../../failures.ts';
import type { RunSummary } from '../run-summary.ts';
import { laggedBaseline, median, volumeOf } from './baseline.ts';
import type { Finding, RunFacts } from './finding.ts';
import { percent } from './rate.ts';

/** Below this share of the baseline a source has shrunk. */
const MIN_SHARE = 0.3;
/** Where so few records are usual, a share of them says nothing; none at all still does. */
const MIN_USUAL = 4;
/** Where more pages than this share could not be reached, what is missing was not looked for. */
const MAX_UNREAD_SHARE = 0.2;

/** No record where there were some, or under 30 % of what runs a while ago had. An incomplete listing is never compared. */
export function recordCount({ run, good, listingComplete }: RunFacts): readonly Finding[] {
  const baseline = laggedBaseline(good);
  const usual = median(baseline.map(volumeOf));
  if (!listingComplete || usual === 0 || unreadShare(run) > MAX_UNREAD_SHARE) return [];
  const now = volumeOf(run);
  const compared = `${baseline.length} earlier good ${baseline.length === 1 ? 'run' : 'runs'} had ${usual}`;
  if (now === 0)
    return [finding('EmptyResult', `The run found 0 records; the median of ${compared}.`)];
  if (usual < MIN_USUAL || now >= usual * MIN_SHARE) return [];
  const share = percent(now / usual);
  return [
    finding(
      'ContentShrank',
      `The run found ${now} records; the median of ${compared}. That is ${share}, and below ${percent(MIN_SHARE)} is too few.`,
    ),
  ];
}

function finding(failure: 'EmptyResult' | 'ContentShrank', because: string): Finding {
  return { detector: 'record-count', failure, fields: [''], because, severity: 'hold' };
}

/** Pages of which no record can be counted: they failed, and not by being empty. */
function unreadShare({ pages, failures }: RunSummary): number {
  const names = Object.keys(failures) as FailureName[];
  const unread = names
    .filter((name) => name !== 'EmptyResult' && name !== 'ContentShrank')
    .reduce((sum, name) => sum + (failures[name] ?? 0), 0);
  return pages === 0 ? 0 : unread / pages;
}
