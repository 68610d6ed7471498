import { ApplicationFailure } from '@temporalio/common';
import { failure, type FailureName } from '../../../workflows/failures.ts';
import type { AgainMessage, ReadMessage, SourceEnv } from '../contract.ts';
import { answerDocument } from './answer-document.ts';
import type { AgentQuestion, StrandsConfig, StrandsCursor } from './config.ts';
import { documentId, keptIds } from './document-ids.ts';
import { openSession, type AgentSession } from './session.ts';

type Message = ReadMessage<StrandsCursor>;

/**
 * Answers the questions in turn. A budget that ends before them ends the read with an incomplete listing, and the next run begins with the
 * question that was left.
 * @throws what the model says of itself: Throttled, Unavailable, AccessDenied, InvalidConfig …; RateLimited - a host asks to wait
 */
export async function* readStrands(
  config: StrandsConfig,
  from: StrandsCursor | null,
  env: SourceEnv,
): AsyncGenerator<Message> {
  env.signal.throwIfAborted();
  const round = roundFrom(config.questions, from);
  const drops: string[] = [];
  const session = await openSession(config, env);
  try {
    for (const [index, question] of round.entries()) {
      try {
        yield* answer({ config, env, session, drops }, question);
      } catch (error) {
        if (!isBudget(error)) throw error;
        env.signal.throwIfAborted();
        yield* leave(round.slice(index), { config, env, error });
        return;
      }
      const next = round[index + 1];
      const left = round.length - index - 1;
      if (next) yield { kind: 'checkpoint', cursor: { next: next.id, left } };
    }
    yield* earlierPeriods(config, env);
    yield { kind: 'listing', complete: true, ...whyOf(drops) };
    yield { kind: 'checkpoint', cursor: null };
  } finally {
    await session.close();
  }
}

/** Asks these questions alone once more. Where a budget ends, the others stay as they are. */
export async function* readStrandsAgain(
  config: StrandsConfig,
  ids: readonly string[],
  env: SourceEnv,
): AsyncGenerator<AgainMessage> {
  const wanted = new Set(ids);
  const questions = config.questions.filter(({ id }) =>
    wanted.has(documentId(id, config.period, env.startedAt)),
  );
  if (questions.length === 0) return;
  const session = await openSession(config, env);
  try {
    for (const question of questions) yield* answer({ config, env, session, drops: [] }, question);
  } catch (error) {
    if (!isBudget(error)) throw error;
    env.log.warn('questions were not asked again', { reason: error.message });
  } finally {
    await session.close();
  }
}

/** From the question of the cursor on, round the end of the list; one that is gone begins anew. */
function roundFrom(
  questions: readonly AgentQuestion[],
  from: StrandsCursor | null,
): readonly AgentQuestion[] {
  const start = questions.findIndex(({ id }) => id === from?.next);
  if (from === null || start < 0) return questions;
  return [...questions.slice(start), ...questions.slice(0, start)].slice(0, from.left);
}

interface Asking {
  readonly config: StrandsConfig;
  readonly env: SourceEnv;
  readonly session: AgentSession;
  /** Why claims were dropped, over all questions. */
  readonly drops: string[];
}

async function* answer(
  { config, env, session, drops }: Asking,
  question: AgentQuestion,
): AsyncGenerator<AgainMessage> {
  const id = documentId(question.id, config.period, env.startedAt);
  try {
    const { verified, dropped } = await session.answer(question);
    drops.push(...dropped);
    if (dropped.length > 0)
      env.log.warn('claims were dropped', { question: question.id, dropped: dropped.length });
    if (verified.length === 0) throw nothingVerified(question, dropped);
    yield {
      kind: 'document',
      document: answerDocument({ id, question, claims: verified }, config),
    };
  } catch (error) {
    const name = ownFailure(error);
    if (name === undefined) throw error;
    yield { kind: 'failed', id, failure: name, detail: messageOf(error) };
  }
}

/** The misfortune of one question: its old answer stays, and the others are asked. */
const OWN_FAILURES = [
  'AgentTimeout',
  'EmptyResult',
  'InvalidAgentOutput',
] as const satisfies readonly FailureName[];

function ownFailure(error: unknown): FailureName | undefined {
  if (!(error instanceof ApplicationFailure)) return undefined;
  return OWN_FAILURES.find((name) => name === error.type);
}

function nothingVerified({ id }: AgentQuestion, dropped: readonly string[]): Error {
  const why =
    dropped.length === 0
      ? 'the agent made no claim'
      : `${dropped.length} claims were dropped, for example because ${dropped[0]}`;
  return failure(
    'EmptyResult',
    `Nothing in the answer to "${id}" could be verified: ${why}. The old answer stays. Look at the question, the instructions and the hosts.`,
  );
}

interface Left {
  readonly config: StrandsConfig;
  readonly env: SourceEnv;
  readonly error: ApplicationFailure;
}

/** Questions that nobody has asked keep their answers. */
async function* leave(
  questions: readonly AgentQuestion[],
  { config, env, error }: Left,
): AsyncGenerator<Message> {
  const [first] = questions;
  for (const { id } of questions)
    yield { kind: 'seen', id: documentId(id, config.period, env.startedAt) };
  yield* earlierPeriods(config, env);
  // The run puts it between brackets, and ends the sentence itself.
  const why = `${questions.length} of ${config.questions.length} questions were not asked. ${error.message.replace(/\.$/, '')}`;
  yield { kind: 'listing', complete: false, why: why.slice(0, 500), failure: 'BudgetExceeded' };
  const left = config.questions.length;
  yield { kind: 'checkpoint', cursor: first ? { next: first.id, left } : null };
}

/** The answers of earlier periods are still there, as far back as they are kept. */
async function* earlierPeriods(config: StrandsConfig, env: SourceEnv): AsyncGenerator<Message> {
  const ids = config.questions.flatMap(({ id }) => keptIds(id, config.period, env.startedAt));
  for (const id of (await env.known(ids)).keys()) yield { kind: 'seen', id };
}

function whyOf(drops: readonly string[]): { readonly why?: string } {
  if (drops.length === 0) return {};
  const count = drops.length === 1 ? '1 claim was dropped' : `${drops.length} claims were dropped`;
  return { why: `${count}: ${[...new Set(drops)].join('; ')}`.slice(0, 500) };
}

function isBudget(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.type === 'BudgetExceeded';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
