import type { EvidenceView, Strategy, StrategyAnswer } from './contract.ts';
import type { Aim } from './relocate/features.ts';
import type { PageFacts } from './relocate/page-facts.ts';
import { relocate } from './relocate/relocate.ts';
import type { Choice } from './relocate/relocate.ts';
import { candidatesFor, rank } from './relocate/search.ts';
import { overlaps } from './relocate/values.ts';
import type { Overlap } from './relocate/values.ts';
import { LIST_WEIGHTS, SINGLE_WEIGHTS, utility } from './relocate/weights.ts';
import type { FieldSpec } from '../../workflows/collection/extraction-spec.ts';

/** The values of a good run stand somewhere else on the page now: their elements are what the selector has to find. */
export const valueAnchor: Strategy = {
  name: 'value-anchor',
  family: 'relocate',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
  propose: (view: EvidenceView): Promise<StrategyAnswer> => Promise.resolve(relocate(view, choose)),
};

/** So much of the values must be there, and so little else. */
const LEAST = 0.8;
/** How much the values weigh beside all that a place looks like. */
const WEIGHT = 8;

function choose(aim: Aim, page: PageFacts, { cardinality }: FieldSpec): Choice {
  const overlap = overlaps(aim, page);
  const all = candidatesFor(aim, page, cardinality).map((one) => ({
    ...one,
    overlap: overlap(one),
  }));
  const near = all.filter((one) => agreement(one.overlap) >= LEAST);
  const weights = cardinality === 'many' ? LIST_WEIGHTS : SINGLE_WEIGHTS;
  const ranked = rank(
    near,
    (one) => utility(one.features, weights) + WEIGHT * agreement(overlap(one)),
  );
  if (ranked === undefined)
    return { abstains: 'The values of the good page do not stand on this page again.' };
  const { recall, precision, exact } = overlap(ranked.best);
  return {
    candidate: ranked.best,
    features: { recall, precision, exact, margin: Math.min(1, Math.max(0, ranked.margin / FAR)) },
    explains: `${Math.round(recall * 100)} % of the words of its last good values stand there.`,
  };
}

const FAR = 4;

function agreement({ recall, precision }: Overlap): number {
  return recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision);
}
