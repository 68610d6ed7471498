import type {
  ApprovalRequest,
  ApprovalState,
  ReceivedVerdict,
} from '../../../workflows/approval/request.ts';

/** When the question of these tests was asked, and until when. */
export const ASKED_MS = Date.UTC(2026, 10, 20, 12);
export const EXPIRES_MS = ASKED_MS + 72 * 3_600_000;

const REQUEST: ApprovalRequest = {
  id: 'q-1',
  subject: 'the held deletions of source "articles"',
  digest: 'd'.repeat(64),
  evidenceDigest: 'e'.repeat(64),
  offers: ['approve', 'reject'],
  approvers: 'everyone',
  excluded: [],
  quorum: 1,
  expiresAtMs: EXPIRES_MS,
  escalation: [],
};

export function state(overrides: Partial<ApprovalRequest> = {}): ApprovalState {
  return { request: { ...REQUEST, ...overrides }, votes: [], accepted: [] };
}

export function verdict(overrides: Partial<ReceivedVerdict> = {}): ReceivedVerdict {
  return {
    requestId: 'q-1',
    digest: REQUEST.digest,
    verdict: 'approve',
    decisionId: 'cli:1',
    by: { provider: 'cli', user: 'ana' },
    proven: false,
    ...overrides,
  };
}
