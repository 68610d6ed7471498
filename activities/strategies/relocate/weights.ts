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
  bias: -1.65,
  of: {
    sense: 0.88,
    label: 1.89,
    outerLabel: -0.35,
    before: 2.58,
    after: 1.51,
    crossed: 0.41,
    tag: 0.95,
    above: 0.25,
    linked: -0.61,
    place: -0.71,
    aside: -0.41,
    depth: -1.42,
    length: -1.63,
    count: -1.44,
    spread: -1.44,
    startsWithDigit: -2.92,
    endsSentence: -1.89,
    digits: -1.42,
    known: -1.83,
    covers: 0.33,
    repeats: -3.24,
    numbered: -1.47,
    blank: -0.24,
  },
};

export const SINGLE_WEIGHTS: Weights = {
  bias: -5.83,
  of: {
    sense: 1.04,
    label: 2.39,
    outerLabel: 1.05,
    before: 0.69,
    after: -0.16,
    crossed: 2.36,
    tag: 0.76,
    above: 0.99,
    linked: -1.03,
    place: -0.39,
    aside: -1.32,
    depth: -0.68,
    length: -0.87,
    startsWithDigit: -0.77,
    endsSentence: -0.5,
    known: -1.17,
    titled: 2.18,
    sole: 2.41,
    heading: 3.36,
    topHeading: 0.33,
    firstTop: 1.4,
    empty: -0.06,
  },
};

/** How much a candidate speaks for itself; 0 is as good as none. */
export function utility(features: Features, weights: Weights): number {
  return Object.entries(weights.of).reduce(
    (sum, [name, weight]) => sum + weight * (features[name] ?? 0),
    weights.bias,
  );
}
