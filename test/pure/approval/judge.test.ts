import { assert, constantFrom, property, record, array, boolean, integer } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge, take } from '../../../workflows/approval/judge.ts';
import type { ApprovalState, ReceivedVerdict } from '../../../workflows/approval/request.ts';
import { ASKED_MS, EXPIRES_MS, state, verdict } from './requests.ts';

const NOW = ASKED_MS + 1000;
const ana = { provider: 'cli', user: 'ana' } as const;
const ben = { provider: 'cli', user: 'ben' } as const;

function after(...verdicts: readonly ReceivedVerdict[]): ApprovalState {
  return verdicts.reduce((now, one) => take(now, one, NOW), state());
}

function nameOf(now: ApprovalState, given: ReceivedVerdict, nowMs = NOW): string {
  const judged = judge(now, given, nowMs);
  return judged.kind === 'refused' ? judged.failure : judged.answer.verdict;
}

const approved = after(verdict());
const expired: ApprovalState = { ...state(), closed: { outcome: 'expired', atMs: EXPIRES_MS } };
const replaced: ApprovalState = { ...state(), closed: { outcome: 'superseded', atMs: NOW } };
const listed = state({ approvers: ['ana', 'team:data'] });

describe('a verdict', () => {
  test.each([
    ['that approves counts', state(), verdict(), NOW, 'approve'],
    ['that rejects counts', state(), verdict({ verdict: 'reject' }), NOW, 'reject'],
    ['for another question is stale', state(), verdict({ requestId: 'q-0' }), NOW, 'StaleDecision'],
    ['for another set is stale', state(), verdict({ digest: 'f' }), NOW, 'StaleDecision'],
    ['after a newer set is stale', replaced, verdict({ decisionId: 'x' }), NOW, 'StaleDecision'],
    ['after a decision is late', approved, verdict({ decisionId: 'x' }), NOW, 'AlreadyDecided'],
    ['at the deadline is too late', state(), verdict(), EXPIRES_MS, 'DeadlinePassed'],
    ['a moment before it is not', state(), verdict(), EXPIRES_MS - 1, 'approve'],
    ['after an end without one is too late', expired, verdict(), NOW, 'DeadlinePassed'],
    [
      'that is not offered is refused',
      state(),
      verdict({ verdict: 'request-changes' }),
      NOW,
      'NotAllowed',
    ],
    [
      'by somebody who is part of it is refused',
      state({ excluded: ['ana'] }),
      verdict(),
      NOW,
      'NotAllowed',
    ],
    [
      'by somebody whose words became it is refused, though the team is left out now',
      state({ excluded: ['ana (team data)'], approvers: ['ana'] }),
      verdict({ proven: true }),
      NOW,
      'NotAllowed',
    ],
    ['by nobody on the list is refused', listed, verdict({ by: ben }), NOW, 'NotAllowed'],
    ['by an approver without proof is refused', listed, verdict(), NOW, 'NotAllowed'],
    ['by an approver with proof counts', listed, verdict({ proven: true }), NOW, 'approve'],
    [
      'by a member of a team counts',
      listed,
      verdict({ proven: true, by: { ...ben, team: 'data' } }),
      NOW,
      'approve',
    ],
    [
      'by a person named like a team is refused',
      listed,
      verdict({ proven: true, by: { ...ben, user: 'data' } }),
      NOW,
      'NotAllowed',
    ],
  ] as const)('%s', (_what, now, given, nowMs, expected) => {
    expect(nameOf(now, given, nowMs)).toBe(expected);
  });

  test('is judged in the order of the checks: the first that applies is named', () => {
    const wrong = { by: ben, verdict: 'request-changes', proven: false } as const;
    const closed = { ...listed, closed: { outcome: 'reject', atMs: NOW, by: 'ana' } } as const;

    expect(nameOf(closed, verdict({ ...wrong, digest: 'f' }), EXPIRES_MS)).toBe('StaleDecision');
    expect(nameOf(closed, verdict(wrong), EXPIRES_MS)).toBe('AlreadyDecided');
    expect(nameOf(listed, verdict(wrong), EXPIRES_MS)).toBe('DeadlinePassed');
    expect(nameOf(listed, verdict(wrong))).toBe('NotAllowed');
  });

  test('that came already gets the first answer again, whatever has happened since', () => {
    const again = judge(approved, verdict({ digest: 'f' }), EXPIRES_MS + 1);

    expect(again).toMatchObject({ kind: 'accepted', answer: { terminal: true, repeated: true } });
    expect(take(approved, verdict(), NOW)).toBe(approved);
  });

  test('that is refused says who decided and when', () => {
    expect(judge(approved, verdict({ decisionId: 'x', by: ben }), NOW)).toMatchObject({
      because:
        'The question about the held deletions of source "articles" was answered with "approve" by "ana" on 2026-11-20 12:00 UTC.',
    });
  });
});

describe('a quorum of two', () => {
  const two = state({ quorum: 2 });

  test('needs two people, not two clicks', () => {
    const once = take(two, verdict(), NOW);
    const twice = take(once, verdict({ decisionId: 'cli:2' }), NOW);
    const both = take(twice, verdict({ decisionId: 'cli:3', by: ben }), NOW);

    expect([once.closed, twice.closed]).toEqual([undefined, undefined]);
    expect(both.closed).toMatchObject({ outcome: 'approve', by: 'ben', proven: false });
  });

  test.each([
    ['another provider', { provider: 'slack', user: 'ana' }],
    ['capitals', { provider: 'cli', user: 'Ana' }],
    ['a sign that nobody sees', { provider: 'cli', user: 'an\u200Ba' }],
    ['a team', { provider: 'cli', user: 'ana', team: 'data' }],
  ] as const)('is not reached by one person who adds %s', (_what, by) => {
    const once = take(two, verdict(), NOW);

    expect(take(once, verdict({ decisionId: 'cli:2', by }), NOW).closed).toBeUndefined();
  });

  test('is ended by one rejection', () => {
    const once = take(two, verdict(), NOW);
    const ended = take(once, verdict({ decisionId: 'x', by: ben, verdict: 'reject' }), NOW);

    expect(ended.closed).toMatchObject({ outcome: 'reject', by: 'ben' });
  });
});

const anyVerdict = record({
  requestId: constantFrom('q-1', 'q-0'),
  digest: constantFrom('d'.repeat(64), 'f'),
  verdict: constantFrom('approve', 'reject', 'request-changes'),
  decisionId: constantFrom('a', 'b', 'c', 'd', 'e'),
  by: constantFrom(ana, ben, { provider: 'slack', user: 'ana' } as const),
  proven: boolean(),
});
const anyTime = integer({ min: ASKED_MS, max: EXPIRES_MS + 10 });
const anyState = record({
  quorum: integer({ min: 1, max: 3 }),
  approvers: constantFrom('everyone' as const, ['ana'], ['ana', 'ben']),
  excluded: constantFrom([], ['ben']),
}).map((overrides) => state(overrides));

describe('whatever comes', () => {
  const steps = array(record({ given: anyVerdict, nowMs: anyTime }), { maxLength: 30 });

  test('the first end stays', () => {
    assert(
      property(anyState, steps, (start, all) => {
        let now = start;
        for (const { given, nowMs } of all) {
          const next = take(now, given, nowMs);
          expect(next.closed).toBe(now.closed ?? next.closed);
          now = next;
        }
      }),
    );
  });

  test('the same decision has one effect, and a refusal none', () => {
    assert(
      property(anyState, steps, (start, all) => {
        let now = start;
        for (const { given, nowMs } of all) {
          const next = take(now, given, nowMs);
          expect(take(next, given, nowMs)).toEqual(next);
          const refused = judge(now, given, nowMs).kind === 'refused';
          expect(next).toBe(refused ? now : next);
          now = next;
        }
      }),
    );
  });

  test('approved means that as many different people as needed said so, in time, of this set', () => {
    assert(
      property(anyState, steps, (start, all) => {
        let end = start;
        for (const { given, nowMs } of all) end = take(end, given, nowMs);
        if (end.closed?.outcome !== 'approve') return;
        const people = new Set(
          all
            .filter(({ given, nowMs }) => given.verdict === 'approve' && nowMs < EXPIRES_MS)
            .filter(({ given }) => given.requestId === 'q-1' && given.digest === 'd'.repeat(64))
            .map(({ given }) => given.by.user),
        );
        expect(people.size).toBeGreaterThanOrEqual(start.request.quorum);
        expect(end.closed.atMs).toBeLessThan(EXPIRES_MS);
      }),
    );
  });
});
