import type { FieldType, Normaliser } from '../../workflows/collection/extraction-spec.ts';
import type { Strategy } from './contract.ts';
import { answerOf, answerOfFields } from './evidence/answer.ts';
import { failingFields } from './evidence/failing-fields.ts';
import { searchNormalisers } from './evidence/normaliser-search.ts';

/** Dates and numbers that are written in another order or locale. */
export const formats: Strategy = {
  name: 'formats',
  family: 'format',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult'],
  async propose(view) {
    const fields = failingFields(view).filter(
      (name) => CHAINS[view.spec.fields[name]?.type ?? 'text'],
    );
    if (fields.length === 0) return answerOf([], ['No date and no number fails.']);
    const found = fields.map((name) =>
      searchNormalisers(view, name, CHAINS[view.spec.fields[name]?.type ?? 'text'] ?? []),
    );
    return answerOfFields(found);
  },
};

const NUMBERS: readonly (readonly Normaliser[])[] = [
  ['decimalComma'],
  ['stripCurrency', 'decimalComma'],
  ['stripPercent', 'decimalComma'],
  ['firstNumber', 'decimalComma'],
  ['stripCurrency', 'firstNumber', 'decimalComma'],
];

const DATES: readonly (readonly Normaliser[])[] = [
  ['dayFirst'],
  ['monthFirst'],
  ['epochSeconds'],
  ['epochMilliseconds'],
  ['stripTags', 'dayFirst'],
  ['stripTags', 'monthFirst'],
];

const CHAINS: Partial<Readonly<Record<FieldType, readonly (readonly Normaliser[])[]>>> = {
  number: NUMBERS,
  integer: NUMBERS,
  date: DATES,
};
