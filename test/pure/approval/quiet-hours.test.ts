import { expect, test } from 'vitest';
import { afterQuietHours } from '../../../workflows/approval/quiet-hours.ts';
import { nextWakeUp } from '../../../workflows/approval/next-wake-up.ts';

const BERLIN = { from: '20:00', to: '07:30', timezone: 'Europe/Berlin' };

test.each([
  ['before them', '2026-11-20T18:59:00Z', '2026-11-20T18:59:00Z'],
  ['at their start', '2026-11-20T19:00:00Z', '2026-11-21T06:30:00Z'],
  ['after midnight', '2026-11-21T02:10:30Z', '2026-11-21T06:30:00Z'],
  ['at their end', '2026-11-21T06:30:00Z', '2026-11-21T06:30:00Z'],
  ['in the night in which clocks are turned back', '2026-10-24T21:00:00Z', '2026-10-25T06:30:00Z'],
])('a moment %s', (_, at, then) => {
  expect(new Date(afterQuietHours(Date.parse(at), BERLIN))).toEqual(new Date(then));
});

test.each([
  ['without any', undefined],
  ['in a zone that does not exist', { ...BERLIN, timezone: 'Mars/Olympus' }],
  ['that cannot be read', { ...BERLIN, from: '25:00' }],
  ['that are empty', { ...BERLIN, to: '20:00' }],
])('%s, every hour is loud', (_, quiet) => {
  const atMs = Date.parse('2026-11-21T02:00:00Z');
  expect(afterQuietHours(atMs, quiet)).toBe(atMs);
});

test('reminders wait for the end of the quiet hours, an escalation and the deadline do not', () => {
  const openedAtMs = Date.parse('2026-11-20T19:00:00Z');
  const expiresAtMs = openedAtMs + 10 * 3_600_000;
  const escalation = [{ atMs: openedAtMs + 3_600_000, to: ['boss'] }];
  const plan = { openedAtMs, expiresAtMs, reminders: [0.1], escalation, quietHours: BERLIN };

  const first = nextWakeUp(plan, { reminders: 0, escalations: 0 }, openedAtMs);
  const second = nextWakeUp(plan, { reminders: 0, escalations: 1 }, first.atMs);

  expect(first).toMatchObject({ kind: 'escalation', to: ['boss'] });
  expect(second).toMatchObject({ kind: 'deadline', atMs: expiresAtMs });
});
