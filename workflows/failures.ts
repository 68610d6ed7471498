import { ApplicationFailure } from '@temporalio/common';

/** Who has to do something about a failure before it can go away. */
export type Actor = 'owner' | 'operator' | 'nobody' | 'repair' | 'developer';

/** What a failure does to its source when it ends a run. `activities/collection/finish-run.ts` is the one place that applies it. */
export type FailureEffect =
  /** The schedule is paused with a note until the definition changes, a run succeeds, or a person resumes it. */
  | 'pause'
  /** Waited for, as long as was asked; counts against no budget. */
  | 'wait'
  /** Tried again within the budget of the run, then by the next run. */
  | 'retry'
  /** Nothing is deleted; a person or a repair looks. */
  | 'hold'
  /** Of single documents: each is a dead letter, and the run goes on. */
  | 'dead-letter'
  /** The run ends and people are told once; the next run tries again. */
  | 'tell';

export interface FailurePolicy {
  /** Does Temporal try the activity again? */
  readonly retried: boolean;
  readonly effect: FailureEffect;
  /** Whose fault it is. What the platform broke never pauses a source, and is no run without progress of it. */
  readonly fault: 'source' | 'platform';
  /** May a repair of the source cure it? */
  readonly repairable: boolean;
  readonly actor: Actor;
  /** What a person does about it: one sentence, shown below the failure. */
  readonly remedy: string;
}

/**
 * Every failure that the product throws, and what each one means for retries, the source, repair and people.
 * Activities throw `ApplicationFailure` with one of these names as its type (S11).
 */
export const FAILURES = {
  // About the source.
  SelectorMissing: repair(
    'hold',
    'A repair looks for what moved. Until then nothing is deleted, and what can be read is stored as it is read.',
  ),
  SchemaDrift: repair('hold', 'Compare the source with its definition, then adapt the definition.'),
  EmptyResult: repair('hold', 'Look whether the source is really empty.'),
  ContentShrank: repair('hold', 'Look whether the source really lost content.'),
  SourceUnavailable: source(
    'retry',
    'The next run tries again. Look at the source if it stays away.',
  ),
  RateLimited: source('wait', 'The next attempt waits as long as the source asked for.'),
  // The message says what helps: access, another address, or to leave the page out.
  Blocked: owner('tell', 'Wellspring does not work around a refusal; the next run asks again.'),
  AuthExpired: owner('pause', 'Renew the secret that the source uses, then resume the source.'),
  ScriptError: repair('tell', 'Read the end of the standard error output, then mend the script.'),
  InvalidDocument: owner(
    'dead-letter',
    'Look at the dead letters of the source: they name each document and why it was refused.',
  ),

  // About the platform.
  InvalidConfig: owner('pause', 'Mend the definition, then run "npm run cli -- apply".'),
  AccessDenied: owner('pause', 'Grant the permission that the message names.'),
  NotFound: owner('tell', 'Create what is missing, or mend its name in the definition.'),
  Throttled: platform('wait', 'nobody', 'Wellspring slows down by itself.'),
  Unavailable: platform(
    'retry',
    'nobody',
    'The service did not answer. Wellspring tries again by itself.',
  ),
  QuotaExceeded: {
    ...platform('tell', 'operator', 'Raise the quota that the message names.'),
    retried: true,
  },
  Conflict: platform(
    'retry',
    'nobody',
    'Somebody else changed the same thing. Wellspring reads it again and goes on.',
  ),
  IngestionFailed: platform(
    'tell',
    'operator',
    'Look at the documents that the knowledge base refused.',
  ),
  SandboxUnavailable: platform(
    'tell',
    'operator',
    'Start a worker on a host that can isolate foreign code.',
  ),
  Defect: {
    ...platform('tell', 'developer', 'This is a bug of Wellspring. Report it with the run id.'),
    retried: true,
  },

  // About agents and delivery.
  InvalidAgentOutput: platform('tell', 'operator', 'Read the stored answer of the agent.'),
  AgentTimeout: platform('retry', 'nobody', 'The next attempt starts a new agent.'),
  PolicyDenied: owner(
    'tell',
    'Narrow the definition, or ask the operator of the worker to allow it.',
  ),
  BudgetExceeded: owner('tell', 'Raise the budget in the definition, or wait for the next period.'),
  CheckFailed: repair('tell', 'Read the report of the checks.'),
  MergeConflict: repair('tell', 'The repair starts again on the new state.'),
  DeployFailed: platform('retry', 'operator', 'Read the reason in the message.'),

  // About decisions.
  StaleDecision: owner('tell', 'Read the new evidence, then decide.'),
  NotAllowed: owner('tell', 'Ask one of the approvers that the message names.'),
  AlreadyDecided: owner('tell', 'Nothing to do: the first decision stands.'),
  DeadlinePassed: owner('tell', 'Nothing was changed. Run the source again to be asked again.'),
} as const satisfies Record<string, FailurePolicy>;

export type FailureName = keyof typeof FAILURES;

export function isFailureName(name: unknown): name is FailureName {
  return typeof name === 'string' && Object.hasOwn(FAILURES, name);
}

/** The names that Temporal must not retry, for every retry policy: computed, so that no list can drift from the table. */
export const NON_RETRYABLE: readonly FailureName[] = (
  Object.keys(FAILURES) as FailureName[]
).filter((name) => !FAILURES[name].retried);

export interface FailureOptions {
  readonly cause?: unknown;
  /** Small facts for programs, below 2 KB and without secrets: they end in history. */
  readonly details?: Readonly<Record<string, unknown>>;
  /**
   * It happened at our own infrastructure (our bucket, our database), whatever the name usually says: it concerns every source alike, so it
   * pauses none of them.
   */
  readonly platform?: true;
  /** Wait at least this long before the next attempt, for example because `Retry-After` said so. */
  readonly retryAfterMs?: number;
}

/** The one way to make a failure: its name decides whether it is retried. `message` is a whole sentence (S12). */
export function failure(
  name: FailureName,
  message: string,
  options: FailureOptions = {},
): ApplicationFailure {
  const { cause, platform: isPlatform, retryAfterMs } = options;
  const details = isPlatform ? { ...options.details, platform: true } : options.details;
  return ApplicationFailure.create({
    type: name,
    message,
    nonRetryable: !FAILURES[name].retried,
    ...(cause instanceof Error ? { cause } : {}),
    ...(details ? { details: [details] } : {}),
    ...(retryAfterMs === undefined ? {} : { nextRetryDelay: Math.max(1, Math.ceil(retryAfterMs)) }),
  });
}

/** Waiting and retrying are what Temporal does; every other effect ends the activity at once. */
function policy(
  effect: FailureEffect,
  facts: Omit<FailurePolicy, 'effect' | 'retried' | 'repairable'>,
): FailurePolicy {
  const retried = effect === 'wait' || effect === 'retry';
  return { ...facts, retried, effect, repairable: facts.actor === 'repair' };
}

function source(effect: FailureEffect, remedy: string): FailurePolicy {
  return policy(effect, { fault: 'source', actor: 'nobody', remedy });
}

function owner(effect: FailureEffect, remedy: string): FailurePolicy {
  return policy(effect, { fault: 'source', actor: 'owner', remedy });
}

function repair(effect: FailureEffect, remedy: string): FailurePolicy {
  return policy(effect, { fault: 'source', actor: 'repair', remedy });
}

function platform(effect: FailureEffect, actor: Actor, remedy: string): FailurePolicy {
  return policy(effect, { fault: 'platform', actor, remedy });
}
