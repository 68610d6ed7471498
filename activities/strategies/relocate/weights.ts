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
  bias: -1.8,
  of: {
    sense: -1.07,
    label: 1.98,
    outerLabel: -0.11,
    before: 3.09,
    after: 1.83,
    crossed: 1,
    tag: 0.94,
    above: 0.49,
    linked: -0.71,
    place: -0.28,
    aside: -0.43,
    depth: -3.2,
    length: -0.68,
    count: -1.73,
    spread: -2.89,
    startsWithDigit: -4.26,
    endsSentence: -2.06,
    digits: -2.38,
    known: -3.31,
    covers: 2.37,
    part: -1.56,
    share: -1.52,
    repeats: -3.17,
    numbered: -1.87,
    blank: -0.8,
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
