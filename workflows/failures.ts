import { ApplicationFailure } from '@temporalio/common';

/** Who has to do something about a failure before it can go away. */
export type Actor = 'owner' | 'operator' | 'nobody' | 'repair' | 'developer';

export interface FailurePolicy {
  /** Does Temporal try the activity again? */
  readonly retried: boolean;
  /** May a repair of the source cure it? */
  readonly repairable: boolean;
  readonly actor: Actor;
  /** What a person does about it: one sentence, shown below the failure. */
  readonly remedy: string;
}

/**
 * Every failure that the product throws, and what each one means for retries, repair and people.
 * Activities throw `ApplicationFailure` with one of these names as its type (S11).
 */
export const FAILURES = {
  // About the source.
  SelectorMissing: final(
    'repair',
    'A repair looks for the moved field. Until then the old documents stay live.',
  ),
  SchemaDrift: final(
    'repair',
    'Compare the source with its definition, then adapt the definition.',
  ),
  EmptyResult: final('repair', 'Look whether the source is really empty. Nothing was deleted.'),
  ContentShrank: final(
    'repair',
    'Look whether the source really lost content. Nothing was deleted.',
  ),
  SourceUnavailable: retried(
    'nobody',
    'The next run tries again. Look at the source if it stays away.',
  ),
  RateLimited: retried('nobody', 'The next attempt waits as long as the source asked for.'),
  Blocked: owner(
    'Ask the owner of the site for access. Wellspring does not work around a refusal.',
  ),
  AuthExpired: owner('Renew the secret that the source uses. The next run reads it again.'),
  ScriptError: final('repair', 'Read the end of the standard error output, then mend the script.'),
  InvalidDocument: owner(
    'Look at the dead letters of the source: they name each document and why it was refused.',
  ),

  // About the platform.
  InvalidConfig: owner('Mend the definition, then run "npm run cli -- apply".'),
  AccessDenied: owner('Grant the permission that the message names.'),
  NotFound: owner('Create what is missing, or mend its name in the definition.'),
  Throttled: retried('nobody', 'Wellspring slows down by itself.'),
  Unavailable: retried('nobody', 'The service did not answer. Wellspring tries again by itself.'),
  QuotaExceeded: {
    retried: true,
    repairable: false,
    actor: 'operator',
    remedy: 'Raise the quota that the message names.',
  },
  Conflict: retried(
    'nobody',
    'Somebody else changed the same thing. Wellspring reads it again and goes on.',
  ),
  IngestionFailed: platform('Look at the documents that the knowledge base refused.'),
  SandboxUnavailable: platform('Start a worker on a host that can isolate foreign code.'),
  Defect: {
    retried: true,
    repairable: false,
    actor: 'developer',
    remedy: 'This is a bug of Wellspring. Report it with the run id.',
  },

  // About agents and delivery.
  InvalidAgentOutput: platform('Read the stored answer of the agent.'),
  AgentTimeout: retried('nobody', 'The next attempt starts a new agent.'),
  PolicyDenied: owner('Narrow the definition, or ask the operator of the worker to allow it.'),
  BudgetExceeded: owner('Raise the budget in the definition, or wait for the next period.'),
  CheckFailed: final('repair', 'Read the report of the checks.'),
  MergeConflict: final('repair', 'The repair starts again on the new state.'),
  DeployFailed: retried('operator', 'Read the reason in the message.'),

  // About decisions.
  StaleDecision: owner('Read the new evidence, then decide.'),
  NotAllowed: owner('Ask one of the approvers that the message names.'),
  AlreadyDecided: owner('Nothing to do: the first decision stands.'),
  DeadlinePassed: owner('Nothing was changed. Run the source again to be asked again.'),
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
  /** Wait at least this long before the next attempt, for example because `Retry-After` said so. */
  readonly retryAfterMs?: number;
}

/** The one way to make a failure: its name decides whether it is retried. `message` is a whole sentence (S12). */
export function failure(
  name: FailureName,
  message: string,
  options: FailureOptions = {},
): ApplicationFailure {
  const { cause, details, retryAfterMs } = options;
  return ApplicationFailure.create({
    type: name,
    message,
    nonRetryable: !FAILURES[name].retried,
    ...(cause instanceof Error ? { cause } : {}),
    ...(details ? { details: [details] } : {}),
    ...(retryAfterMs === undefined ? {} : { nextRetryDelay: Math.max(1, Math.ceil(retryAfterMs)) }),
  });
}

function final(actor: Actor, remedy: string): FailurePolicy {
  return { retried: false, repairable: actor === 'repair', actor, remedy };
}

function retried(actor: Actor, remedy: string): FailurePolicy {
  return { retried: true, repairable: false, actor, remedy };
}

function owner(remedy: string): FailurePolicy {
  return { retried: false, repairable: false, actor: 'owner', remedy };
}

function platform(remedy: string): FailurePolicy {
  return { retried: false, repairable: false, actor: 'operator', remedy };
}
