import { judge } from './judge.ts';
import type { Extension } from './parse.ts';
import type { ApprovalState, Refusal } from './request.ts';
import { spanText } from './words.ts';

/** The longest time that a question may stay open, from its opening. */
const MAX_WINDOW_MS = 168 * 3_600_000;

export type ExtensionJudgement =
  | { readonly kind: 'extended'; readonly expiresAtMs: number }
  | ({ readonly kind: 'refused' } & Refusal);

/** Who may decide may also ask for more time, as long as the question is open. Pure; more time never ends after the longest. */
export function judgeExtension(
  state: ApprovalState,
  extension: Extension & { readonly proven: boolean },
  { openedAtMs, nowMs }: { readonly openedAtMs: number; readonly nowMs: number },
): ExtensionJudgement {
  const { request } = state;
  const { requestId, by, proven, hours } = extension;
  const [verdict = 'approve'] = request.offers;
  const asked = { requestId, digest: request.digest, verdict, decisionId: '', by, proven };
  const judged = judge({ ...state, accepted: [] }, asked, nowMs);
  if (judged.kind === 'refused') return judged;
  const latestMs = openedAtMs + MAX_WINDOW_MS;
  const expiresAtMs = Math.min(latestMs, request.expiresAtMs + hours * 3_600_000);
  if (expiresAtMs > request.expiresAtMs) return { kind: 'extended', expiresAtMs };
  const because = `The question about ${request.subject} stays open for ${spanText(MAX_WINDOW_MS)} already, which is the longest. Decide before it ends.`;
  return { kind: 'refused', failure: 'NotAllowed', because };
}
