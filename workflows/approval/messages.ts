import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Extension } from './parse.ts';
import type { Answer, Verdict } from './request.ts';
import type { HeldStatus } from './status.ts';

/** A verdict by signal may leave out `verdict`: the name says it. */
export type SignalledVerdict = Omit<Verdict, 'verdict'> & Partial<Pick<Verdict, 'verdict'>>;

export const approveSignal = defineSignal<[SignalledVerdict]>('approve');
export const rejectSignal = defineSignal<[SignalledVerdict]>('reject');
/** The door for programs: it answers, or fails with the name of the refusal. Its update id is the decision id. */
export const decideUpdate = defineUpdate<Answer, [Verdict]>('decide');
export const extendDeadlineUpdate = defineUpdate<ExtendedDeadline, [Extension]>('extendDeadline');
/** A newer set was held, or none is any more: look at the database. */
export const supersedeSignal = defineSignal('supersede');
export const statusQuery = defineQuery<HeldStatus>('status');

export interface ExtendedDeadline {
  readonly expiresAtMs: number;
}
