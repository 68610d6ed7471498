import type { Strategy } from './contract.ts';
import { answerOf } from './evidence/answer.ts';
import { isListMissing, openPage } from './evidence/pages.ts';
import { findRecordList } from './evidence/record-lists.ts';

/** The list of records in a JSON payload has another envelope: `data.items` became `results`. */
export const jsonEnvelope: Strategy = {
  name: 'json-envelope',
  family: 'json',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
  async propose(view) {
    if (view.spec.records === undefined) return answerOf([], ['The source reads no list.']);
    const roots = view.failing.slice(0, MAX_PAGES).flatMap((page, at) => {
      const payload = openPage(page, view.spec).page?.payload;
      return payload === undefined
        ? []
        : [{ page: at, value: payload, locate: (path: string) => ({ json: path }) }];
    });
    if (roots.length === 0) return answerOf([], ['The failing pages are no JSON.']);
    if (!isListMissing(view)) return answerOf([], ['The list of records is found where it was.']);
    const { proposal, because } = findRecordList(view, roots);
    return answerOf(proposal === undefined ? [] : [proposal], [because ?? '']);
  },
};

const MAX_PAGES = 5;
