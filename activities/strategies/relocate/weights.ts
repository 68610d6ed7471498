import type { Features } from './features.ts';

/**
 * Weights of a conditional logit over all candidates of a page and "none of them": learned on real breakages, with sites kept apart.
 * They know nothing of any field or language.
 */
export interface Weights {
  readonly bias: number;
  readonly of: Features;
}

export const LIST_WEIGHTS: Weights = {
  bias: -2.28,
  of: {
    sense: -0.63,
    label: 2.11,
    outerLabel: -0.58,
    before: 2.86,
    after: 1.79,
    crossed: 0.83,
    tag: 0.86,
    above: 0.56,
    linked: -1.08,
    place: -0.78,
    aside: -0.66,
    depth: -2.8,
    count: -2.29,
    spread: -2.32,
    startsWithDigit: -3.87,
    endsSentence: -2.52,
    digits: -2.74,
    known: -2.68,
    covers: 2.71,
    part: -0.79,
    share: -1.43,
    repeats: -0.56,
    numbered: -2.09,
    blank: -0.68,
  },
};

export const SINGLE_WEIGHTS: Weights = {
  bias: -5.7,
  of: {
    sense: -0.58,
    label: 1.86,
    outerLabel: 0.58,
    before: 2.59,
    after: 0.67,
    crossed: 0.54,
    tag: 0.99,
    above: 1.41,
    linked: -1.69,
    place: -2.63,
    aside: -1.28,
    depth: -2.25,
    length: -2.71,
    startsWithDigit: -1.67,
    endsSentence: -1.59,
    known: -3.05,
    titled: 1.4,
    sole: 1.25,
    heading: 2.74,
    topHeading: 0.53,
    namesPage: 4.71,
    firstTop: 2.71,
    empty: -0.19,
  },
};

/** How much a candidate speaks for itself; 0 is as good as none. */
export function utility(features: Features, weights: Weights): number {
  return Object.entries(weights.of).reduce(
    (sum, [name, weight]) => sum + weight * (features[name] ?? 0),
    weights.bias,
  );
}
