import { failure } from '../failures.ts';
import type { QuestionKind } from './activities.ts';

/** What a kind of question is about, in the words that every door uses. All but `subject` are whole sentences or questions. */
export interface QuestionWords {
  /** `the held deletions`, in front of `of source "…"`. */
  readonly subject: string;
  readonly question: string;
  /** Until somebody approves. */
  readonly meanwhile: string;
  /** Follows "without an answer". */
  readonly unanswered: string;
  readonly approving: string;
  readonly rejecting: string;
  /** What came of it, without who and when. */
  readonly approved: string;
  readonly rejected: string;
  readonly expired: string;
}

export interface QuestionNumbers {
  readonly candidates: number;
  readonly live: number;
}

/** The words of a question; its numbers are those of the held set. */
export function wordsOf(kind: QuestionKind, { candidates, live }: QuestionNumbers): QuestionWords {
  const documents = candidates === 1 ? '1 document' : `${candidates} documents`;
  switch (kind) {
    case 'deletions':
      return {
        subject: 'the held deletions',
        question: `delete ${candidates} of ${live} documents?`,
        meanwhile: 'Until somebody approves, all of them stay.',
        unanswered: 'they are kept',
        approving: 'Delete these documents?',
        rejecting: 'Keep these documents, and not ask about this set again?',
        approved: 'the documents are deleted as soon as no run of the source is under way.',
        rejected: `all ${candidates} documents are kept, and this set is not asked about again.`,
        expired: `all ${candidates} documents are kept. The next run that holds them asks again.`,
      };
    case 'shrunken':
      return {
        subject: 'the shrunken documents',
        question: `accept ${documents} of ${live} with much less text?`,
        meanwhile: 'Until somebody approves, the stored versions stay live.',
        unanswered: 'the stored versions stay',
        approving: 'Let the shorter texts take the place of the stored ones?',
        rejecting: 'Keep the stored versions, and not ask about these documents again?',
        approved: 'the next run stores the shorter texts.',
        rejected: 'the stored versions stay, and these documents are not asked about again.',
        expired: 'the stored versions stay. The next run that meets the short ones asks again.',
      };
    case 'violations':
      return {
        subject: 'the refused documents',
        question: `accept that ${candidates} of ${live} documents are refused?`,
        meanwhile: 'Until somebody approves, runs like this one are held and delete nothing.',
        unanswered: 'such runs stay held',
        approving: 'Accept that about this share of the documents is refused?',
        rejecting: 'Keep deleting nothing while so many are refused, and not ask again?',
        approved: 'runs with about this share of refused documents are no longer held.',
        rejected: 'runs like this one delete nothing, and this is not asked again.',
        expired: 'such runs stay held. The next one asks again.',
      };
    case 'drift':
      return {
        subject: 'the changed shape',
        question: `accept ${candidates === 1 ? 'a change' : `${candidates} changes`} of what the source is made of?`,
        meanwhile: 'Until somebody approves, nothing is read and the stored documents stay.',
        unanswered: 'nothing is read',
        approving: 'Read the source in its new shape from now on?',
        rejecting: 'Read nothing as long as the source has this shape, and not ask again?',
        approved: 'the next run reads the source in its new shape.',
        rejected:
          'nothing is read as long as the source has this shape. Mend the source, or its definition.',
        expired: 'nothing is read. The next run asks again.',
      };
    default:
      throw failure(
        'Defect',
        `There is no question of the kind "${String(kind satisfies never)}".`,
      );
  }
}

/** What a person accepts by it is a new baseline, and no document goes. */
export function isBaseline(kind: QuestionKind): boolean {
  return kind !== 'deletions';
}
