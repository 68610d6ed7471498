import type { FieldSpec } from '../../workflows/collection/extraction-spec.ts';
import type { EvidenceView, Strategy, StrategyAnswer } from './contract.ts';
import type { Aim } from './relocate/features.ts';
import type { PageFacts } from './relocate/page-facts.ts';
import { relocate } from './relocate/relocate.ts';
import type { Choice } from './relocate/relocate.ts';
import { candidatesFor, rank, scaledMargin } from './relocate/search.ts';
import { LIST_WEIGHTS, SINGLE_WEIGHTS, utility } from './relocate/weights.ts';

/** The values are other ones now, but they stand where such values stand: by headings, names, shape and neighbours, never by what they say. */
export const similarity: Strategy = {
  name: 'similarity',
  family: 'relocate',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
  propose: (view: EvidenceView): Promise<StrategyAnswer> => Promise.resolve(relocate(view, choose)),
};

/** Below this it would rather not know: chosen on sites that the weights had not seen. */
const LEAST_PROBABLE = 0.7;

function choose(aim: Aim, page: PageFacts, { cardinality }: FieldSpec): Choice {
  const weights = cardinality === 'many' ? LIST_WEIGHTS : SINGLE_WEIGHTS;
  const ranked = rank(candidatesFor(aim, page, cardinality), ({ features }) =>
    utility(features, weights),
  );
  if (ranked === undefined || ranked.probability < LEAST_PROBABLE) {
    return {
      abstains:
        'No place on the page is enough like the one where the values stood, and ahead of all others.',
    };
  }
  return {
    candidate: ranked.best,
    features: { margin: scaledMargin(ranked), probability: ranked.probability },
    explains:
      'headings, names, shape and neighbours are those of the place where the values stood.',
  };
}
