import { CancellationScope } from '@temporalio/workflow';
import { withdrawQuestion, referenceTo, type RepairDesk } from './repair-desk.ts';
import { steady } from './repair-effects.ts';
import { goTo, type RepairWork } from './repair-work.ts';
import { enter, show, tell } from './show-repair.ts';

/** Ends the incident with its label, once; the first end that was stored stays. */
export function close(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  return CancellationScope.nonCancellable(async () => {
    const { end, byPerson, fix, deployed, toldFor } = work;
    if (!end) return goTo(work, 'closed');
    withdrawQuestion(desk);
    await enter(desk, 'learning');
    const patchDigest = deployed?.patchDigest ?? fix?.patchDigest;
    const { outcome } = await steady.closeIncident.executeWithOptions(
      { summary: `close as ${end.outcome}` },
      [
        {
          ...referenceTo(desk, work.incident),
          ...end,
          byPerson,
          ...(patchDigest === undefined ? {} : { patchDigest }),
        },
      ],
    );
    const isNews = (deployed !== undefined || toldFor !== undefined) && !TOLD.has(outcome);
    const what = `${work.opened?.title ?? desk.input.source}: ${end.because}`;
    const told = isNews ? await tell(desk, work, { kind: 'closed', what }) : work;
    const closed = goTo(told, 'closed', { end: { ...end, outcome } });
    desk.work = closed;
    desk.stage = 'closed';
    show(desk);
    return closed;
  });
}

/** People were told of these ends already. */
const TOLD: ReadonlySet<string> = new Set([
  'alerted',
  'auto-deployed-rolled-back',
  'pr-expired',
  'pr-merged-rolled-back',
  'suppressed',
]);
