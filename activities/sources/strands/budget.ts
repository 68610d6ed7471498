import { parseDuration } from '../../../adapters/definitions/duration.ts';
import type { Spending } from '../../../adapters/postgres/model-steps.ts';
import { failure } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import type { StrandsConfig } from './config.ts';

/** What an agent may still use up. Every method throws `BudgetExceeded`, which names the bound. */
export interface Budget {
  /** Before a step of the model, with a guess at what it is given. An answer may still be larger than what is left. */
  admitStep(estimatedTokens: number): void;
  /** After a step; returns what it has cost. */
  paid(step: { readonly inputTokens: number; readonly outputTokens: number }): number;
  /** Before a page is asked for. */
  admitPage(): void;
  readonly hasPageLeft: boolean;
  /** Aborted with the failure when the wall time is over. */
  readonly signal: AbortSignal;
  /** Ends the clock. */
  close(): void;
}

/** Counts on from what earlier attempts and runs have spent. */
export async function openBudget(
  { budget: { perRun, perMonth }, model: { prices } }: StrandsConfig,
  { modelSteps, startedAt }: Pick<SourceEnv, 'modelSteps' | 'startedAt'>,
): Promise<Budget> {
  const month = new Date(Date.UTC(startedAt.getUTCFullYear(), startedAt.getUTCMonth()));
  const spent = await modelSteps.spent(month);
  const run = { ...spent.run };
  const ofMonth = { ...spent.since };
  const clock = wallClock(startedAt, perRun.wallTime);
  const priced = (inputTokens: number, outputTokens: number): number =>
    prices === undefined ? 0 : (inputTokens * prices.input + outputTokens * prices.output) / 1000;
  return {
    signal: clock.signal,
    close: clock.stop,
    get hasPageLeft() {
      return run.pages < perRun.toolCalls;
    },
    admitStep(estimatedTokens) {
      clock.signal.throwIfAborted();
      const more = { tokens: estimatedTokens, money: priced(estimatedTokens, 0) };
      refuseBeyond('perRun', perRun, added(run, more));
      refuseBeyond('perMonth', perMonth, added(ofMonth, more));
    },
    paid({ inputTokens, outputTokens }) {
      const money = priced(inputTokens, outputTokens);
      for (const sum of [run, ofMonth])
        Object.assign(sum, added(sum, { tokens: inputTokens + outputTokens, money }));
      return money;
    },
    admitPage() {
      clock.signal.throwIfAborted();
      if (run.pages >= perRun.toolCalls)
        throw exceeded('perRun.toolCalls', perRun.toolCalls, run.pages + 1);
      Object.assign(run, { pages: run.pages + 1 });
    },
  };
}

function added(
  { tokens, money, pages }: Spending,
  more: Pick<Spending, 'tokens' | 'money'>,
): Spending {
  return { tokens: tokens + more.tokens, money: money + more.money, pages };
}

function refuseBeyond(
  span: 'perRun' | 'perMonth',
  bound: { readonly tokens?: number; readonly money?: number },
  wanted: Spending,
): void {
  for (const unit of ['tokens', 'money'] as const) {
    const most = bound[unit];
    if (most !== undefined && wanted[unit] > most)
      throw exceeded(`${span}.${unit}`, most, wanted[unit]);
  }
}

function exceeded(name: string, most: number, wanted: number): Error {
  const number = (value: number): string => String(Number(value.toFixed(4)));
  const when = name.startsWith('perMonth') ? 'or wait for the next month' : 'or ask for less';
  return failure(
    'BudgetExceeded',
    `The next step needs about ${number(wanted)}, and "budget.${name}" is ${number(most)}. Raise it, ${when}.`,
  );
}

function wallClock(
  startedAt: Date,
  wallTime: string,
): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const leftMs = startedAt.getTime() + (parseDuration(wallTime) ?? 0) - Date.now();
  const end = (): void =>
    controller.abort(
      failure(
        'BudgetExceeded',
        `The run has taken longer than "budget.perRun.wallTime", which is "${wallTime}". Raise it, or ask for less.`,
      ),
    );
  if (leftMs <= 0) end();
  const timer = setTimeout(end, Math.min(Math.max(leftMs, 0), MAX_TIMER_MS));
  timer.unref();
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

/** Node's timers hold no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;
