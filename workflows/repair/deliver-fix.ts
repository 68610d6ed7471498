import { ActivityFailure, CancellationScope, log } from '@temporalio/workflow';
import { classify } from '../classify.ts';
import type { ProbationReading } from './activities.ts';
import { whyNotDeploy } from './decided.ts';
import { judgeProbation } from './judge-probation.ts';
import type { RepairOutcome } from './outcome.ts';
import { paceOf, referenceTo, withdrawQuestion, type RepairDesk } from './repair-desk.ts';
import { delivery, worker } from './repair-effects.ts';
import { endAs, goTo, type Decided, type RepairWork } from './repair-work.ts';
import { enter, giveUp, rest, tell } from './show-repair.ts';

/** Refusals at the last moment that a repair takes before it leaves the rest to people. */
const MAX_DENIALS = 5;

/** Moves what is in force to the candidate: once a candidate, and only by a decision for exactly it. */
export async function deploy(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  const { decided, fix, opened } = work;
  const wrong = whyNotDeploy(work);
  if (wrong !== undefined || !decided || !fix)
    return giveUp(desk, work, `Nothing was deployed. ${wrong ?? ''}`);
  if (opened?.policy.dryRun) {
    const because = `The policy is a dry run: candidate ${fix.patchDigest.slice(0, 8)} would be deployed now, decided by ${decided.decidedBy}.`;
    return giveUp(desk, work, because);
  }
  await enter(desk, 'deploying');
  try {
    const { deployedAtMs } = await delivery.deployFix.executeWithOptions(
      {
        summary: `deploy ${fix.patchDigest.slice(0, 8)}, decided by ${decided.decidedBy.slice(0, 80)}`,
      },
      [{ ...referenceTo(desk, work.incident), ...decided }],
    );
    return onProbation(work, decided, deployedAtMs);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return notDeployed(desk, work, error);
  }
}

function onProbation(work: RepairWork, decided: Decided, atMs: number): RepairWork {
  const { fix, byPerson } = work;
  if (!fix) return work;
  const { patchDigest, specDigest } = fix;
  const who = byPerson && decided.decidedBy !== 'gate' ? { byPerson: decided.decidedBy } : {};
  return goTo(work, 'probation', { deployed: { patchDigest, specDigest, atMs, ...who } });
}

async function notDeployed(
  desk: RepairDesk,
  work: RepairWork,
  error: ActivityFailure,
): Promise<RepairWork> {
  const { name, message } = classify(error);
  log.warn('a fix was not deployed', { failure: name, reason: message });
  const { decided: _over, ...open } = { ...work, denials: work.denials + 1 };
  if (open.denials > MAX_DENIALS) return giveUp(desk, open, message);
  // The switch, or another policy: it waits as long as it must, and then everybody is asked anew.
  if (name === 'PolicyDenied') return goTo(open, 'triaging', { resume: 'deciding' });
  if (name === 'Conflict' || name === 'StaleDecision') return specMoved(desk, open);
  // Whether the last attempt got through is not known: triage sees it.
  return goTo(open, 'triaging', { resume: 'deciding', stuck: message });
}

/** What is in force is not what was repaired: perhaps it is good already; else all starts again on the new spec. */
export function specMoved(desk: RepairDesk, work: RepairWork): RepairWork {
  desk.ran = true;
  withdrawQuestion(desk);
  const { decided: _decided, ...open } = work;
  const allowed = Math.max(work.allowed, work.attempt + 1);
  return goTo(open, 'triaging', { resume: 'reproducing', round: 0, allowed });
}

/** The next runs prove the fix, or it goes. One turn of the loop. */
export async function watch(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  const { deployed, opened } = work;
  if (!deployed || !opened) return goTo(work, 'triaging');
  await enter(desk, 'probation');
  const { holdMs } = desk.paces;
  const probation = { policy: opened.policy.probation, deployedAtMs: deployed.atMs, holdMs };
  if (!desk.ran) {
    const endMs = deployed.atMs + probation.policy.withinMs;
    const leftMs = endMs > Date.now() ? endMs - Date.now() : endMs + holdMs - Date.now();
    const waitMs = Math.min(paceOf(desk, work.waits), Math.max(leftMs, 1));
    const until = (): boolean => desk.ran;
    const isWoken = await rest(desk, waitMs, { summary: 'wait for runs on the fix', until });
    if (isWoken && !desk.ran) return work;
  }
  desk.ran = false;
  const reading = await worker.watchProbation.executeWithOptions(
    { summary: 'how did runs on the fix go?' },
    [{ ...referenceTo(desk, work.incident), patchDigest: deployed.patchDigest }],
  );
  const verdict = judgeProbation(reading, probation, Date.now());
  const known = { ...work, runs: linesOf(reading), waits: work.waits + 1 };
  if (verdict.kind === 'wait') return verdict.asking ? askAboutFix(desk, known) : known;
  if (verdict.kind === 'passed') return endAs(known, passedOutcome(known), verdict.because);
  if (verdict.kind !== 'rollback') return giveUp(desk, known, verdict.because);
  const rollback = { by: 'probation', because: verdict.because };
  return goTo(known, 'rolling-back', { rollback });
}

function linesOf({ runs }: ProbationReading): readonly string[] {
  return runs
    .slice(-5)
    .map(({ run, verdict, because }) => `${verdict}: ${run.slice(0, 80)} ${because.slice(0, 120)}`);
}

function passedOutcome({ deployed, firstShown }: RepairWork): RepairOutcome {
  if (deployed?.byPerson === undefined) return 'auto-deployed-ok';
  const isFirst = firstShown === undefined || firstShown === deployed.patchDigest;
  return isFirst ? 'pr-merged-unchanged' : 'pr-merged-edited';
}

/** No data is neither good nor bad: it stays, and people look. */
async function askAboutFix(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  const reason = `hold ${work.deployed?.patchDigest ?? ''}`;
  if (work.toldFor === reason) return work;
  const what = `${work.opened?.title ?? desk.input.source}: no run on the fix was conclusive so far. It stays in force; roll it back with "npm run cli -- repair rollback ${work.incident}", or see that the source runs.`;
  return { ...(await tell(desk, work, { kind: 'alert', what })), toldFor: reason };
}

/** What was in force before comes back, whatever else happens; tried until it is done, and people are paged meanwhile. */
export function rollBack(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  return CancellationScope.nonCancellable(async () => {
    const { deployed, rollback } = work;
    if (!deployed || !rollback) return goTo(work, 'triaging');
    await enter(desk, 'rolling-back');
    try {
      await takeBack(desk, work.incident, { patchDigest: deployed.patchDigest, ...rollback });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      const { name, message } = classify(error);
      // A newer fix lies on top: trying again changes nothing until a person has taken that one back.
      if (name === 'StaleDecision') return giveUp(desk, work, message);
      return failedRollback(desk, work, message);
    }
    const because = `Rolled back by ${rollback.by}: ${rollback.because}`;
    const told = await tell(desk, work, { kind: 'rolled-back', what: because });
    desk.rolledBack = [...desk.rolledBack, work.incident].slice(-MAX_REMEMBERED);
    desk.orders = desk.orders.filter(({ incident }) => incident !== work.incident);
    const refused = [...work.refused, deployed.patchDigest];
    return endAs({ ...told, refused }, rolledBackOutcome(work), because);
  });
}

const MAX_REMEMBERED = 10;

async function takeBack(
  desk: RepairDesk,
  incident: string,
  {
    patchDigest,
    by,
    because,
  }: { readonly patchDigest: string; readonly by: string; readonly because: string },
): Promise<void> {
  await delivery.rollbackFix.executeWithOptions(
    { summary: `roll back ${patchDigest.slice(0, 8)}, by ${by.slice(0, 80)}` },
    [{ ...referenceTo(desk, incident), patchDigest, by, because: because.slice(0, 1000) }],
  );
}

async function failedRollback(
  desk: RepairDesk,
  work: RepairWork,
  message: string,
): Promise<RepairWork> {
  const what = `The fix of ${work.opened?.title ?? desk.input.source} could not be rolled back: ${message} It is tried again; put the old definition in force by hand if that is faster.`;
  const told = await tell(desk, work, { kind: 'alert', what });
  await rest(desk, paceOf(desk, work.waits), {
    summary: 'then roll back again',
    until: () => false,
  });
  return { ...told, waits: work.waits + 1 };
}

function rolledBackOutcome({ deployed }: RepairWork): RepairOutcome {
  return deployed?.byPerson === undefined ? 'auto-deployed-rolled-back' : 'pr-merged-rolled-back';
}
