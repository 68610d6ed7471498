import { CancellationScope } from '@temporalio/workflow';
import { withdrawQuestion, referenceTo, type RepairDesk } from './repair-desk.ts';
import { steady } from './repair-effects.ts';
import { goTo, type RepairWork } from './repair-work.ts';
import { enter, show } from './show-repair.ts';

/** Ends the incident with its label, once, which tells people, too; the first end that was stored stays. */
export function close(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  return CancellationScope.nonCancellable(async () => {
    const { end, byPerson, fix, deployed } = work;
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
    const closed = goTo(work, 'closed', { end: { ...end, outcome } });
    desk.work = closed;
    desk.stage = 'closed';
    show(desk);
    return closed;
  });
}
