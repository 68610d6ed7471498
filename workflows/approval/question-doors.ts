import { log, setHandler } from '@temporalio/workflow';
import { failure } from '../failures.ts';
import { approveSignal, decideUpdate, extendDeadlineUpdate, rejectSignal } from './messages.ts';
import {
  extendTo,
  judgeMessage,
  judgeWish,
  receive,
  refusalOf,
  type Door,
  type Question,
  type RefusedDecision,
} from './question.ts';
import type { Answer } from './request.ts';

/** Where the doors find what is asked now, and leave what came. */
export interface QuestionBoard {
  /** Undefined while nothing has been asked. */
  question(): Question | undefined;
  keep(question: Question): void;
  /** A decision while nothing was asked. */
  refuse(refusal: RefusedDecision): void;
  /** The Temporal frontend authorises its callers, so that what arrives is from whom it says. */
  readonly proven: boolean;
}

/**
 * Sets the handlers of every door to a question: signals `approve` and `reject` note what came, updates `decide` and `extendDeadline` answer.
 * None ever throws anything but our own refusals, whatever arrives.
 */
export function openDoors(board: QuestionBoard): void {
  const { proven } = board;
  const approve: Door = { name: 'signal approve', proven, means: 'approve' };
  const reject: Door = { name: 'signal reject', proven, means: 'reject' };
  const update: Door = { name: 'update decide', proven };
  setHandler(approveSignal, (message: unknown) => note(board, message, approve), {
    description: 'Approve what is asked. Needs requestId, digest, decisionId and by.',
  });
  setHandler(rejectSignal, (message: unknown) => note(board, message, reject), {
    description: 'Keep everything as it is. Needs requestId, digest, decisionId and by.',
  });
  setHandler(
    decideUpdate,
    (message: unknown) => {
      const answer = answerOf(board.question(), message, update);
      note(board, message, update);
      return answer;
    },
    {
      description: 'Approve or reject, and be told what came of it.',
      validator: (message: unknown) => void answerOf(board.question(), message, update),
    },
  );
  setHandler(
    extendDeadlineUpdate,
    (message: unknown) => {
      const { question, expiresAtMs } = wishOf(board.question(), message, update);
      board.keep(extendTo(question, expiresAtMs));
      return { expiresAtMs };
    },
    {
      description: 'Give people more hours, up to 168 from the opening.',
      validator: (message: unknown) => void wishOf(board.question(), message, update),
    },
  );
}

const NOTHING_ASKED = 'Nothing is asked of people now. Read what the workflow shows, then decide.';

function note(board: QuestionBoard, message: unknown, door: Door): void {
  const before = board.question();
  if (!before) {
    const refusal = { failure: 'StaleDecision', because: NOTHING_ASKED, door: door.name } as const;
    board.refuse(refusalOf({ ...refusal, atMs: Date.now() }, undefined));
    return;
  }
  const after = receive(before, message, door, Date.now());
  board.keep(after);
  if (after.refusedTotal > before.refusedTotal)
    log.warn('refused a decision', { door: door.name, ...after.refused.at(-1) });
}

/** @throws StaleDecision, AlreadyDecided, DeadlinePassed, NotAllowed - why the decision does not count. */
function answerOf(question: Question | undefined, message: unknown, door: Door): Answer {
  if (!question) throw failure('StaleDecision', NOTHING_ASKED);
  const judged = judgeMessage(question, message, door, Date.now());
  if (judged.kind === 'accepted') return judged.answer;
  throw failure(judged.kind === 'junk' ? 'StaleDecision' : judged.failure, judged.because);
}

function wishOf(
  question: Question | undefined,
  message: unknown,
  door: Door,
): { readonly question: Question; readonly expiresAtMs: number } {
  if (!question) throw failure('StaleDecision', NOTHING_ASKED);
  const judged = judgeWish(question, message, door, Date.now());
  if (judged.kind === 'extended') return { question, expiresAtMs: judged.expiresAtMs };
  throw failure(judged.kind === 'junk' ? 'StaleDecision' : judged.failure, judged.because);
}
