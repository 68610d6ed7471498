import type { ReadMessage } from '../contract.ts';
import type { OpenSource } from '../define-source.ts';
import { fail, type Check, type Outcome, skipped } from './check.ts';
import { kitEnv, type KitEnv, type KitEnvOverrides } from './environment.ts';
import { errorText } from './error-text.ts';
import { DEFAULT_LIMITS, type Limits, type Subject, type SubjectConfig } from './subject.ts';
import { watchEventLoop } from './event-loop.ts';

export type Message = ReadMessage<unknown>;

/** One subject on trial: what the checks share, so that a source is not read more often than needed. */
export interface Trial {
  readonly subject: Subject;
  readonly limits: Limits;
  open(config?: SubjectConfig): OpenSource;
  /** A fresh environment of one attempt of the same run. It is removed at the end of the trial. */
  env(overrides?: KitEnvOverrides): KitEnv;
  /** Reads to the end, or to the error, or to the time limit. Never throws. */
  read(options?: ReadOptions): Promise<Reading>;
  /** Whole reads from the start, made once: the second one after the first. */
  wholeRead(which: 'first' | 'second'): Promise<Reading>;
  /** Keeps what came out, for the search for secrets, and hands it back. */
  heard<T>(output: T): T;
  /** Everything that came out until now: messages, verdicts, errors and log lines. */
  everythingHeard(): readonly unknown[];
  /** The outcome of one check, made once. An error of the check itself is a failure of it. */
  outcome(check: Check): Promise<Outcome>;
  /** Whether the check of this id has passed. It is made now, if it was not yet. */
  passed(id: string): Promise<boolean>;
  close(): Promise<void>;
}

interface ReadOptions {
  readonly config?: SubjectConfig;
  readonly from?: unknown;
  readonly env?: KitEnv;
  /** Sees each message instead of keeping it. */
  readonly onMessage?: (message: Message) => void;
}

export interface Reading {
  readonly messages: readonly Message[];
  /** How it ended, if not well. */
  readonly error?: unknown;
  readonly timedOut: boolean;
  /** Longest time in which the event loop stood still. */
  readonly blockedMs: number;
  readonly env: KitEnv;
}

/** `checks` are looked up for what a check needs. */
export function openTrial(subject: Subject, checks: readonly Check[]): Trial {
  const limits = { ...DEFAULT_LIMITS, ...subject.limits };
  const startedAt = new Date();
  const envs: KitEnv[] = [];
  const said: unknown[] = [];
  const outcomes = new Map<string, Promise<Outcome>>();
  const reads = new Map<string, Promise<Reading>>();
  const trial: Trial = {
    subject,
    limits,
    open: (config = subject.config) => subject.type.open(config),
    env(overrides = {}) {
      const made = (subject.env ?? kitEnv)({ startedAt, ...overrides });
      envs.push(made);
      return made;
    },
    read: (options = {}) => readToEnd(trial, options),
    wholeRead: (which) => once(reads, which, () => trial.read()),
    heard(output) {
      said.push(output instanceof Error ? errorText(output) : output);
      return output;
    },
    everythingHeard: () => [said, envs.map(({ records }) => records)],
    outcome: (check) => once(outcomes, check.id, () => attempt(trial, check)),
    async passed(id) {
      const check = checks.find((one) => one.id === id);
      if (check === undefined) throw new Error(`There is no check "${id}".`);
      return (await trial.outcome(check)).verdict === 'pass';
    },
    async close() {
      for (const env of envs) env.remove();
      await subject.cleanup?.();
    },
  };
  return trial;
}

function once<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key) ?? make();
  kept.set(key, known);
  return known;
}

async function attempt(trial: Trial, check: Check): Promise<Outcome> {
  const unfit = trial.subject.unfit?.[check.id];
  if (unfit !== undefined) return skipped(unfit);
  for (const id of check.needs ?? []) {
    if (!(await trial.passed(id))) return skipped(`It needs "${id}", which has not passed.`);
  }
  try {
    return await check.run(trial);
  } catch (error) {
    trial.heard(error);
    return fail(
      `It ended in an error that nobody foresaw: ${errorText(error).slice(0, 600)}`,
      'Let the source type throw one of the known failures, with a sentence that says what to do.',
    );
  }
}

async function readToEnd(trial: Trial, options: ReadOptions): Promise<Reading> {
  const { config, from = null, env = trial.env(), onMessage } = options;
  const messages: Message[] = [];
  const loop = watchEventLoop();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    env.abort();
  }, trial.limits.readMs);
  const keep = onMessage ?? ((message: Message) => void messages.push(message));
  const ending = (): Omit<Reading, 'error'> => ({
    messages,
    timedOut,
    blockedMs: loop.stop(),
    env,
  });
  try {
    await withinPatience(env.signal, async () => {
      for await (const message of trial.open(config).read(from, env)) keep(message);
    });
    return ending();
  } catch (error) {
    return { error: trial.heard(error), ...ending() };
  } finally {
    clearTimeout(timer);
    trial.heard(messages);
  }
}

/** A read that ignores its cancellation is left alone after a while. */
async function withinPatience(signal: AbortSignal, read: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      const why = new Error('The read went on after its cancellation.');
      timer = setTimeout(() => reject(why), AFTER_CANCELLATION_MS);
    });
  });
  try {
    await Promise.race([read(), givenUp]);
  } finally {
    clearTimeout(timer);
  }
}

const AFTER_CANCELLATION_MS = 15_000;
