import { uuid4 } from '@temporalio/workflow';
import { newQuestion } from '../approval/question.ts';
import type { ApprovalRequest, VerdictKind } from '../approval/request.ts';
import type { ChosenFix, RepairCase } from './activities.ts';
import { byGate } from './decided.ts';
import { decide, type GateDecision } from './gate.ts';
import type { RepairPolicy } from './policy.ts';
import { questionDigest } from './question-digest.ts';
import { referenceTo, type RepairDesk } from './repair-desk.ts';
import { steady } from './repair-effects.ts';
import { goTo, MAX_ROUNDS, type KnownVerdict, type RepairWork } from './repair-work.ts';
import { enter, giveUp } from './show-repair.ts';

/** Lets the gate decide, stores what it said, and goes where it says: to a deployment, to people, or to whoever knows more. */
export async function decideFix(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  await enter(desk, 'deciding');
  const { fix, opened, proof, reproduction, attempt } = work;
  if (!fix || !opened) return goTo(work, 'triaging');
  const candidate = { ...referenceTo(desk, work.incident), patchDigest: fix.patchDigest };
  const { evidence, calibration } = await steady.readGate.executeWithOptions(
    { summary: 'what do earlier outcomes say?' },
    [{ ...candidate, shadow: proof?.verdict ?? 'none', repro: reproduction?.strength ?? 0 }],
  );
  const policy = policyFor(opened, work);
  const decision = bound(decide(evidence, policy, calibration, Date.now()), fix, opened);
  const requestId = decision.decision === 'pull-request' ? uuid4() : undefined;
  await steady.recordDecision.executeWithOptions({ summary: decision.reasons[0] ?? '' }, [
    {
      ...candidate,
      attempt,
      verdict: decision,
      policyHash: opened.policyHash,
      ...(requestId === undefined ? {} : { requestId }),
    },
  ]);
  return goOn(desk, { ...work, verdict: known(decision) }, { fix, opened, requestId });
}

/** Where fixes are made on request alone, somebody who gave guidance has asked for one. */
function policyFor({ policy }: RepairCase, { guidance }: RepairWork): RepairPolicy {
  return policy.phase === 'manual' && guidance ? { ...policy, phase: 'assisted' } : policy;
}

/** A decision about other bytes, or by another policy, is none. */
function bound(decision: GateDecision, fix: ChosenFix, { policyHash }: RepairCase): GateDecision {
  const isOurs = decision.patchDigest === fix.patchDigest && decision.policyHash === policyHash;
  if (isOurs || decision.decision === 'alert') return decision;
  const because = 'The decision of the gate is about another candidate or another policy.';
  return { ...decision, decision: 'alert', reasons: [because, ...decision.reasons] };
}

function known(decision: GateDecision): KnownVerdict {
  const { score, probability, lowerBound, vetoes, reasons, shadowDeploy } = decision;
  const numbers = { decision: decision.decision, score, probability, lowerBound };
  return { ...numbers, vetoes, reasons, shadowDeploy };
}

interface Decision {
  readonly fix: ChosenFix;
  readonly opened: RepairCase;
  readonly requestId: string | undefined;
}

async function goOn(
  desk: RepairDesk,
  work: RepairWork,
  { fix, opened, requestId }: Decision,
): Promise<RepairWork> {
  const { verdict } = work;
  if (verdict?.decision === 'deploy') {
    const decided = byGate(verdict, fix, opened.policyHash);
    return decided ? goTo(work, 'deploying', { decided }) : giveUp(desk, work, NO_DECISION);
  }
  const firstShown = work.firstShown ?? fix.patchDigest;
  if (requestId === undefined) {
    const stuck = `The fix that was found may not be deployed: ${verdict?.reasons.join(' ') ?? ''}`;
    return goTo(work, 'awaiting-guidance', { stuck, firstShown });
  }
  desk.question = newQuestion(requestFor(desk, { ...work, fix, opened }, requestId), Date.now());
  return goTo(work, 'awaiting-approval', { firstShown });
}

const NO_DECISION = 'The gate gave no decision that holds for this candidate.';

type Askable = RepairWork & { readonly opened: RepairCase };

/** What a person decides about: the patch, the spec that it changes, the spec that it makes, and the policy, all by their digests. */
function requestFor(
  desk: RepairDesk,
  work: Askable & { readonly fix: ChosenFix },
  id: string,
): ApprovalRequest {
  const { fix, opened, rounds, diagnosis } = work;
  const canChange = rounds < MAX_ROUNDS;
  const offers: readonly VerdictKind[] = ['approve', 'reject'];
  return {
    ...peopleOf(work),
    id,
    subject: `the fix of source "${desk.input.source}"`,
    digest: questionDigest(fix.patchDigest, opened.policyHash),
    evidenceDigest: diagnosis?.evidence.sha256 ?? '',
    offers: canChange ? [...offers, 'request-changes'] : offers,
  };
}

/** Asks people for what they know, where no fix may be asked about; whoever thinks that nothing helps can say so, too. */
export function requestForGuidance(desk: RepairDesk, work: Askable, id: string): ApprovalRequest {
  const { fix, opened, diagnosis } = work;
  return {
    ...peopleOf(work),
    id,
    quorum: 1,
    subject: `the guidance for source "${desk.input.source}"`,
    digest: fix?.patchDigest ?? opened.fingerprint,
    evidenceDigest: diagnosis?.evidence.sha256 ?? '',
    offers: ['reject'],
  };
}

/** Who is asked, until when, and who is told when nobody answers. */
function peopleOf({
  opened,
  guidance,
}: Askable): Pick<
  ApprovalRequest,
  'approvers' | 'excluded' | 'quorum' | 'expiresAtMs' | 'escalation'
> {
  const { approvers, quorum, deadlineMs, escalation } = opened.policy;
  const now = Date.now();
  // Whose words became the fix may not be the one who lets it in; where anybody may, there may be nobody else.
  const author = guidance && approvers !== 'everyone' ? [guidance.by] : [];
  return {
    approvers,
    excluded: [OUR_APP, ...author],
    quorum,
    expiresAtMs: now + deadlineMs,
    escalation: escalation.map(({ afterMs, to }) => ({ atMs: now + afterMs, to })),
  };
}

const OUR_APP = 'wellspring';
