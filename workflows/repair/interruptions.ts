import { ActivityFailure, isCancellation, log } from '@temporalio/workflow';
import { classify } from '../classify.ts';
import { rollBack, specMoved } from './deliver-fix.ts';
import { close } from './close-incident.ts';
import { afterRuns } from './find-fix.ts';
import type { RollbackOrder } from './messages.ts';
import { paceOf, referenceTo, withdrawQuestion, type RepairDesk } from './repair-desk.ts';
import { refuse } from './repair-doors.ts';
import { steady } from './repair-effects.ts';
import { endAs, goTo, newWork, type RepairWork } from './repair-work.ts';
import { enter, rest, wantsNewRun } from './show-repair.ts';

/** A run has ended, or the signal of one may be lost: is the source good again without us, or another spec in force? */
export async function lookAtRuns(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  desk.ran = false;
  const { recovered, run, failedAgain, specDigest } = await steady.readRecovery.executeWithOptions(
    { summary: 'is it good again by itself?' },
    [referenceTo(desk, work.incident)],
  );
  if (recovered) {
    withdrawQuestion(desk);
    const because = `Run "${run ?? ''}" was good without a fix of ours.`;
    const unseen = work.reproduction !== undefined && work.reproduction.verdict !== 'reproduced';
    return endAs(work, unseen ? 'not-reproduced' : 'recovered', because);
  }
  const isMoved = specDigest !== undefined && work.opened && specDigest !== work.opened.specDigest;
  if (isMoved && work.movedTo !== specDigest)
    return specMoved(desk, { ...work, movedTo: specDigest });
  return afterRuns(work, failedAgain);
}

/** Stands where it is until it is let go on; runs and rollbacks are looked at meanwhile. */
export async function park(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  await enter(desk, 'parked');
  const by = desk.killed?.by.slice(0, 100) ?? 'somebody';
  const until = (): boolean => desk.ran || desk.killed === undefined;
  const summary = `parked by ${by}: wait until it is let go on`;
  const isWoken = await rest(desk, paceOf(desk, work.waits), { summary, until });
  if (desk.killed === undefined) return { ...work, waits: 0 };
  if (!isWoken) desk.ran = true;
  return { ...work, waits: work.waits + 1 };
}

/** Takes back fixes that people want gone: that of the incident under work, or of one that is closed. */
export async function obeyOrders(desk: RepairDesk): Promise<void> {
  for (;;) {
    const [order, ...others] = desk.orders;
    if (!order) return;
    desk.orders = others;
    await obey(desk, order);
    // One that fails again and again is obeyed by the next run of the workflow.
    if (desk.orders.includes(order)) return;
  }
}

async function obey(desk: RepairDesk, order: RollbackOrder): Promise<void> {
  const { work } = desk;
  if (work?.incident !== order.incident || work.step === 'closed')
    return rollBackClosed(desk, order);
  if (work.step === 'rolling-back') return;
  if (work.deployed) desk.work = { ...undoing(work, order), byPerson: true };
  else
    refuse(desk, 'signal rollback', `Nothing of incident "${order.incident}" is deployed.`, order);
}

function undoing(work: RepairWork, { by, reason }: RollbackOrder): RepairWork {
  const { end: _end, ...open } = work;
  return goTo(open, 'rolling-back', {
    rollback: { by, because: reason || 'No reason was given.' },
  });
}

/** An incident that is over already: only the database knows what it has put in force. What is under work waits meanwhile. */
async function rollBackClosed(desk: RepairDesk, order: RollbackOrder): Promise<void> {
  const opened = await openClosed(desk, order);
  if (!opened?.deployed) {
    const because = `Nothing of incident "${order.incident}" is deployed.`;
    return refuse(desk, 'signal rollback', because, order);
  }
  const { byPerson, ...deployed } = opened.deployed;
  const paused = desk.work;
  const own = { ...newWork({ incident: order.incident, failure: opened.failure }), opened };
  const fix = byPerson === undefined ? deployed : { ...deployed, byPerson };
  desk.work = { ...undoing({ ...own, deployed: fix }, order), byPerson: true };
  while (desk.work.step === 'rolling-back' && !wantsNewRun(desk))
    desk.work = await rollBack(desk, desk.work);
  if (desk.work.step !== 'rolling-back') desk.work = await close(desk, desk.work);
  else if (paused) desk.orders = [order, ...desk.orders];
  if (paused) desk.work = paused;
}

async function openClosed(desk: RepairDesk, { incident }: RollbackOrder) {
  try {
    return await steady.openRepair.executeWithOptions({ summary: 'what is deployed?' }, [
      referenceTo(desk, incident),
    ]);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    log.error('a rollback found no incident', { incident, reason: classify(error).message });
    return undefined;
  }
}
