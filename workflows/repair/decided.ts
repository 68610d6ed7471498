import type { Question } from '../approval/question.ts';
import type { ChosenFix } from './activities.ts';
import { questionDigest } from './question-digest.ts';
import type { Decided, KnownVerdict, RepairWork } from './repair-work.ts';

/** The gate's own decision to deploy; undefined where it said anything else. */
export function byGate(
  verdict: KnownVerdict,
  { patchDigest }: ChosenFix,
  policyHash: string,
): Decided | undefined {
  if (verdict.decision !== 'deploy') return undefined;
  return { patchDigest, policyHash, decidedBy: 'gate', proven: true };
}

/** The decision of people: only an approved question that showed exactly this candidate under exactly this policy is one. */
export function byPeople(
  { approval }: Question,
  { patchDigest }: ChosenFix,
  policyHash: string,
): Decided | undefined {
  const { request, closed } = approval;
  if (closed?.outcome !== 'approve') return undefined;
  if (request.digest !== questionDigest(patchDigest, policyHash)) return undefined;
  const { by = 'somebody', proven = false } = closed;
  return { patchDigest, policyHash, decidedBy: by, proven, requestId: request.id };
}

/**
 * The last look before a deployment, whatever led there: one decision, for exactly the candidate that is on the table, which nobody has
 * refused and which was not deployed before. Answers the sentence that says what is wrong.
 */
export function whyNotDeploy(work: RepairWork): string | undefined {
  const { decided, fix, opened, refused, deployed } = work;
  if (!decided || !fix || !opened) return 'Nobody has decided about a candidate.';
  if (decided.patchDigest !== fix.patchDigest) return 'The decision is about another candidate.';
  if (decided.policyHash !== opened.policyHash) return 'The decision was made by another policy.';
  if (refused.includes(fix.patchDigest)) return 'This candidate was refused before.';
  return deployed ? 'A fix of this incident was deployed before.' : undefined;
}
