import type { FieldType, Normaliser } from '../../workflows/collection/extraction-spec.ts';
import type { Strategy } from './contract.ts';
import { answerOf, answerOfFields } from './evidence/answer.ts';
import { failingFields } from './evidence/failing-fields.ts';
import { searchNormalisers } from './evidence/normaliser-search.ts';

/** Units, currencies, markup and marks of "no value" around a value that is otherwise what it was. */
export const normalisers: Strategy = {
  name: 'normalisers',
  family: 'format',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult'],
  async propose(view) {
    const fields = failingFields(view);
    if (fields.length === 0) return answerOf([], ['No single field fails.']);
    const found = fields.map((name) =>
      searchNormalisers(view, name, chainsOf(view.spec.fields[name]?.type ?? 'text')),
    );
    return answerOfFields(found);
  },
};

const ANY: readonly (readonly Normaliser[])[] = [
  ['trim'],
  ['collapseSpace'],
  ['unescapeHtml'],
  ['stripTags'],
  ['stripTags', 'unescapeHtml'],
  ['naToNull'],
];

const NUMBERS: readonly (readonly Normaliser[])[] = [
  ['stripCurrency'],
  ['stripPercent'],
  ['firstNumber'],
  ['stripCurrency', 'naToNull'],
  ['stripCurrency', 'firstNumber'],
  ['stripTags', 'stripCurrency'],
];

const DATES: readonly (readonly Normaliser[])[] = [['stripTags', 'collapseSpace']];

function chainsOf(type: FieldType): readonly (readonly Normaliser[])[] {
  if (type === 'number' || type === 'integer') return [...ANY, ...NUMBERS];
  return type === 'date' ? [...ANY, ...DATES] : ANY;
}
