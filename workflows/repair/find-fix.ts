import { ActivityFailure, isCancellation, log } from '@temporalio/workflow';
import { classify } from '../classify.ts';
import type { RepairCase } from './activities.ts';
import { paceOf, referenceTo, type RepairDesk } from './repair-desk.ts';
import { quickly, readerOf, steady, worker } from './repair-effects.ts';
import { goTo, refusing, type RepairWork } from './repair-work.ts';
import { enter, giveUp, rest } from './show-repair.ts';

/** May it be repaired, and now? */
export async function triage(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  if (work.waits === 0) await enter(desk, 'triaging');
  const opened = await steady.openRepair.executeWithOptions(
    { summary: work.waits === 0 ? 'what is known?' : 'may it go on?' },
    [referenceTo(desk, work.incident)],
  );
  const known = { ...work, opened, failure: opened.failure };
  if (opened.state === 'closed') return goTo(known, 'closed');
  if (opened.deployed) return takeUp(desk, known, opened.deployed);
  if (opened.unhealable !== undefined)
    return giveUp(desk, await withEvidence(desk, known), opened.unhealable);
  if (opened.wait) return waitFor(desk, known, opened.wait);
  return goTo(known, work.resume);
}

/** People who are alerted find the evidence, too, where it can be had soon. */
async function withEvidence(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  if (work.diagnosis) return work;
  try {
    const diagnosis = await quickly.gatherEvidence.executeWithOptions(
      { summary: 'what do people have to know?' },
      [referenceTo(desk, work.incident)],
    );
    return { ...work, diagnosis };
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    log.warn('no evidence was gathered', { reason: classify(error).message });
    return work;
  }
}

/** Another execution deployed a fix, and was lost: its runs are judged from the beginning. */
function takeUp(
  desk: RepairDesk,
  work: RepairWork,
  { byPerson, ...deployed }: NonNullable<RepairCase['deployed']>,
): RepairWork {
  desk.ran = true;
  return goTo(work, 'probation', {
    deployed: byPerson === undefined ? deployed : { ...deployed, byPerson },
    byPerson: work.byPerson || byPerson !== undefined,
  });
}

async function waitFor(
  desk: RepairDesk,
  work: RepairWork,
  { because, untilMs, parked }: NonNullable<RepairCase['wait']>,
): Promise<RepairWork> {
  desk.work = work;
  await enter(desk, parked ? 'parked' : 'triaging');
  const paceMs = paceOf(desk, work.waits);
  const leastMs = Math.min(LONGEST_TURN_MS, paceMs);
  const waitMs = Math.max(leastMs, Math.min(paceMs, untilMs - Date.now()));
  const { killed, letGoOn } = desk;
  const until = (): boolean => desk.ran || desk.killed !== killed || desk.letGoOn !== letGoOn;
  const isWoken = await rest(desk, waitMs, { summary: `wait: ${because.slice(0, 150)}`, until });
  // The signal of a run may be lost, or have come before the incident was looked at.
  if (!isWoken) desk.ran = true;
  return { ...work, waits: work.waits + 1 };
}

/** Who waits for its turn asks at least so often, once it has waited long. */
const LONGEST_TURN_MS = 30 * 60_000;

export async function reproduce(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  await enter(desk, 'reproducing');
  const round = work.round + 1;
  const reproduction = await readerOf(work.opened?.type).reproduceFailure.executeWithOptions(
    { summary: round === 1 ? 'does it fail again, twice?' : `does it fail again? round ${round}` },
    [{ ...referenceTo(desk, work.incident), round }],
  );
  const known = { ...work, reproduction, round };
  if (reproduction.verdict === 'reproduced') return goTo(known, 'diagnosing');
  return goTo(known, 'awaiting-runs', { sinceMs: work.sinceMs ?? Date.now() });
}

/** Rounds of reproduction: what cannot be seen again is nothing to repair. */
const MAX_REPRODUCTIONS = 4;

/** Not reproduced: the next runs tell whether it is over. */
export async function awaitRuns(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  await enter(desk, 'reproducing');
  const { reproduction, sinceMs = Date.now() } = work;
  const endMs = sinceMs + desk.paces.unreproducedMs;
  if (Date.now() >= endMs) {
    const because = `The failure could not be reproduced, and no run since has been good: ${reproduction?.because ?? ''} Look at the source.`;
    return giveUp(desk, work, because);
  }
  const waitMs = Math.min(paceOf(desk, work.waits), endMs - Date.now());
  const wasFailed = work.failedAgain;
  if (!(await rest(desk, waitMs, { summary: 'wait for the next runs', until: () => desk.ran })))
    desk.ran = true;
  const again = work.waits > 0 && reproduction?.verdict === 'unavailable';
  if (again && work.round < MAX_REPRODUCTIONS) return keepSince(work, 'reproducing');
  return { ...work, failedAgain: wasFailed, waits: work.waits + 1 };
}

/** Runs have failed in the same way since: it is there after all. */
export function afterRuns(work: RepairWork, failedAgain: number): RepairWork {
  const known = { ...work, failedAgain };
  const isNews = work.step === 'awaiting-runs' && failedAgain > work.failedAgain;
  return isNews && work.round < MAX_REPRODUCTIONS ? keepSince(known, 'reproducing') : known;
}

function keepSince(work: RepairWork, step: 'reproducing'): RepairWork {
  return goTo(work, step, work.sinceMs === undefined ? {} : { sinceMs: work.sinceMs });
}

export async function diagnose(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  await enter(desk, 'diagnosing');
  const diagnosis = await worker.gatherEvidence.executeWithOptions(
    { summary: 'what broke, since when?' },
    [referenceTo(desk, work.incident)],
  );
  return goTo({ ...work, diagnosis }, 'proposing');
}

export async function propose(desk: RepairDesk, before: RepairWork): Promise<RepairWork> {
  const work = withoutFix(before);
  desk.work = work;
  await enter(desk, 'proposing');
  const { diagnosis, guidance, refused } = work;
  if (!diagnosis) return goTo(work, 'diagnosing');
  const attempt = work.attempt + 1;
  const { candidates, abstained } = await worker.proposeFixes.executeWithOptions(
    {
      summary: `attempt ${attempt}${guidance ? ` with guidance of ${guidance.by.slice(0, 50)}` : ''}`,
    },
    [
      {
        ...referenceTo(desk, work.incident),
        attempt,
        evidence: diagnosis.evidence,
        refused,
        ...(guidance ? { guidance: guidance.text } : {}),
      },
    ],
  );
  const known = { ...work, attempt };
  if (candidates.length > 0) {
    const digests = candidates.map(({ patchDigest }) => patchDigest);
    return goTo(known, 'checking', { candidates: digests });
  }
  // What a person said is answered first.
  const said = abstained.find(({ strategy }) => guidance && strategy === 'guidance');
  const first = said ?? abstained[0];
  const why = first ? ` ${first.strategy}: ${first.because}` : '';
  // Without anything new the next attempt would end the same.
  return goTo(known, 'awaiting-guidance', {
    stuck: afterGuidance(known, `No strategy found a fix.${why}`),
  });
}

function withoutFix(work: RepairWork): RepairWork {
  const {
    fix: _fix,
    proof: _proof,
    verdict: _verdict,
    decided: _decided,
    stuck: _stuck,
    ...rest
  } = work;
  return { ...rest, candidates: [] };
}

export async function check(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  await enter(desk, 'checking');
  const { diagnosis, candidates, attempt } = work;
  if (!diagnosis) return goTo(work, 'diagnosing');
  const checked = await worker.checkCandidates.executeWithOptions(
    {
      summary: `check ${candidates.length === 1 ? 'the candidate' : `${candidates.length} candidates`}`,
    },
    [{ ...referenceTo(desk, work.incident), evidence: diagnosis.evidence, attempt, candidates }],
  );
  const known = { ...work, refused: refusing(work, checked.failed) };
  const { chosen, because = 'No candidate passed the checks.' } = checked;
  if (!chosen || known.refused.includes(chosen.patchDigest)) return tryAgain(known, because);
  return goTo(known, 'proving', { fix: chosen });
}

export async function prove(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  await enter(desk, 'proving');
  const { fix } = work;
  if (!fix) return goTo(work, 'proposing');
  const { patchDigest } = fix;
  const proof = await readerOf(work.opened?.type).proveFix.executeWithOptions(
    { summary: `shadow run of ${patchDigest.slice(0, 8)}` },
    [{ ...referenceTo(desk, work.incident), patchDigest }],
  );
  if (proof.verdict !== 'bad') return goTo({ ...work, proof }, 'deciding');
  const known = { ...work, proof, refused: refusing(work, [patchDigest]) };
  return tryAgain(known, `The shadow run was bad: ${proof.because}`);
}

/** The next attempt knows what was refused; after the last one people are asked. */
function tryAgain(work: RepairWork, stuck: string): RepairWork {
  const step = work.attempt < work.allowed ? 'proposing' : 'awaiting-guidance';
  return goTo(work, step, { stuck: afterGuidance(work, stuck) });
}

/** Whoever said something reads what came of it. */
function afterGuidance({ attempt, guidance }: RepairWork, stuck: string): string {
  if (!guidance) return stuck;
  return `Attempt ${attempt}, with what ${guidance.by.slice(0, 50)} said, found no fix. ${stuck}`;
}
