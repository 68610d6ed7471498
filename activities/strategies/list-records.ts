import type { EvidenceView, Strategy, StrategyAnswer } from './contract.ts';
import { answerOf } from './evidence/answer.ts';
import { relocateList } from './lists/relocate-list.ts';

/** The records of a list page, or fields inside of them, moved: the records that are known from before show where. */
export const listRecords: Strategy = {
  name: 'list-records',
  family: 'relocate',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
  propose: (view) => Promise.resolve(propose(view)),
};

const MAX_PAGES = 3;

function propose(view: EvidenceView): StrategyAnswer {
  if (view.spec.records === undefined)
    return answerOf([], ['Each page is one record, which other strategies look for.']);
  if (!view.good.some(({ records }) => records.length > 0))
    return answerOf([], ['No records of a good run are known.']);
  const reasons: string[] = [];
  for (const page of view.failing.slice(0, MAX_PAGES)) {
    const answer = relocateList(view, page);
    if ('patch' in answer) return { proposals: [answer] };
    reasons.push(answer.because);
  }
  return answerOf([], reasons);
}
