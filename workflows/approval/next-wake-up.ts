import { afterQuietHours, type QuietHours } from './quiet-hours.ts';
import type { Escalation } from './request.ts';

/** When people are to be told what. */
export interface WaitingPlan {
  readonly openedAtMs: number;
  readonly expiresAtMs: number;
  /** Shares (0..1, rising) of the time between opening and deadline. */
  readonly reminders: readonly number[];
  /** In the order of their times. */
  readonly escalation: readonly Escalation[];
  /** Reminders wait for their end; others are told, and the deadline comes, whatever the hour. */
  readonly quietHours?: QuietHours;
}

/** How much of the plan has happened. */
export interface Told {
  readonly reminders: number;
  readonly escalations: number;
}

export type WakeUp =
  | { readonly kind: 'deadline'; readonly atMs: number }
  /** `count` is how many have been given after this one: those that were missed are given as one. */
  | { readonly kind: 'reminder'; readonly atMs: number; readonly count: number }
  | {
      readonly kind: 'escalation';
      readonly atMs: number;
      readonly count: number;
      readonly to: readonly string[];
    };

/** 25, 50 and 90 % of the time. */
export const REMINDERS: readonly number[] = [0.25, 0.5, 0.9];

/** What to wait for next; its time may be past, when nobody could wake up in time. The deadline wins over everything at its moment. */
export function nextWakeUp(plan: WaitingPlan, told: Told, nowMs: number): WakeUp {
  const { openedAtMs, expiresAtMs, reminders, escalation, quietHours } = plan;
  const deadline: WakeUp = { kind: 'deadline', atMs: expiresAtMs };
  if (nowMs >= expiresAtMs) return deadline;
  const windowMs = expiresAtMs - openedAtMs;
  const times = reminders.map((share) =>
    afterQuietHours(Math.round(openedAtMs + share * windowMs), quietHours),
  );
  const reminder = nextOf(times, told.reminders, nowMs);
  const step = nextOf(
    escalation.map(({ atMs }) => atMs),
    told.escalations,
    nowMs,
  );
  const candidates: WakeUp[] = [
    deadline,
    ...(step ? [{ kind: 'escalation' as const, ...step, to: peopleOf(plan, told, step) }] : []),
    ...(reminder ? [{ kind: 'reminder' as const, ...reminder }] : []),
  ];
  return candidates.reduce((first, one) => (one.atMs < first.atMs ? one : first));
}

interface Step {
  readonly atMs: number;
  readonly count: number;
}

/** The first that has not happened, or the last of those that are overdue. */
function nextOf(times: readonly number[], done: number, nowMs: number): Step | undefined {
  const overdue = times.findLastIndex((atMs) => atMs <= nowMs);
  const at = Math.max(done, overdue);
  const atMs = times[at];
  return atMs === undefined ? undefined : { atMs, count: at + 1 };
}

/** Everybody who was to be told since. */
function peopleOf({ escalation }: WaitingPlan, told: Told, { count }: Step): readonly string[] {
  return [...new Set(escalation.slice(told.escalations, count).flatMap(({ to }) => to))];
}
