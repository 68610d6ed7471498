import type { EvidenceView, Strategy, StrategyAnswer } from './contract.ts';
import type { Aim } from './relocate/features.ts';
import type { PageFacts } from './relocate/page-facts.ts';
import { relocate } from './relocate/relocate.ts';
import type { Choice } from './relocate/relocate.ts';
import { candidatesFor, rank, scaledMargin } from './relocate/search.ts';
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

/** Candidates with less of the values, or with more beside them, are not looked at. */
const LEAST_AGREEMENT = 0.5;
/** Below this it would rather not know. */
const LEAST_PROBABLE = 0.7;

function choose(aim: Aim, page: PageFacts, { cardinality }: FieldSpec): Choice {
  const overlap = overlaps(aim, page);
  const near = candidatesFor(aim, page, cardinality).filter(
    (one) => agreement(overlap(one)) >= LEAST_AGREEMENT,
  );
  const many = cardinality === 'many';
  const ranked = rank(near, (one) =>
    anchored(
      { utility: utility(one.features, many ? LIST_WEIGHTS : SINGLE_WEIGHTS), ...overlap(one) },
      many ? LIST_ANCHOR : SINGLE_ANCHOR,
    ),
  );
  if (ranked === undefined) {
    return { abstains: 'The values of the good page do not stand on this page again.' };
  }
  if (ranked.probability < LEAST_PROBABLE) {
    return { abstains: 'The values of the good page stand here, but not where they could belong.' };
  }
  const { recall, precision, exact } = overlap(ranked.best);
  return {
    candidate: ranked.best,
    features: {
      recall,
      precision,
      exact,
      probability: ranked.probability,
      margin: scaledMargin(ranked),
    },
    explains: `${Math.round(recall * 100)} % of the words of its last good values stand there.`,
  };
}

/** Weights as in `relocate/weights.ts`, learned on candidates that hold old values, among them the wrong ones: links to the old page, comments that quote it. */
interface AnchorWeights {
  readonly utility: number;
  readonly agreement: number;
  readonly exact: number;
  readonly bias: number;
}

const LIST_ANCHOR: AnchorWeights = { utility: 1, agreement: 1.6, exact: 4.1, bias: 2.7 };
const SINGLE_ANCHOR: AnchorWeights = { utility: 1.3, agreement: 0.4, exact: 0.6, bias: -1.4 };
/** Beyond this a place is as good, or as bad, as it can be: what is there counts, too. */
const MOST_UTILITY = 6;

function anchored(found: Overlap & { readonly utility: number }, weights: AnchorWeights): number {
  const place = Math.max(-MOST_UTILITY, Math.min(MOST_UTILITY, found.utility));
  return (
    weights.utility * place +
    weights.agreement * agreement(found) +
    weights.exact * found.exact +
    weights.bias
  );
}

function agreement({ recall, precision }: Overlap): number {
  return recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision);
}
