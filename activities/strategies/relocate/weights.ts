import type { Features } from './features.ts';

/**
 * Weights of a conditional logit over all candidates of a page and "none of them", learned on real breakages, on pages of one site that
 * show other documents, and on mutated pages, and judged on sites that they had not seen. They know nothing of any field or language.
 * Likeness of class names was tried, and gained nothing beside headings and neighbours: what breaks a selector breaks names.
 */
export interface Weights {
  readonly bias: number;
  readonly of: Features;
}

export const LIST_WEIGHTS: Weights = {
  bias: -2.44,
  of: {
    label: 1.93,
    before: 2.66,
    after: 1.73,
    crossed: 0.77,
    tag: 0.79,
    above: 0.55,
    linked: -1.08,
    place: -0.7,
    aside: -0.63,
    depth: -2.6,
    length: -0.09,
    count: -2.23,
    spread: -2.28,
    startsWithDigit: -3.93,
    endsSentence: -2.51,
    digits: -2.76,
    known: -2.81,
    covers: 2.63,
    part: -0.79,
    share: -1.37,
    repeats: -0.55,
    numbered: -2.07,
    blank: -0.77,
  },
};

export const SINGLE_WEIGHTS: Weights = {
  bias: -5.82,
  of: {
    label: 1.74,
    outerLabel: 0.56,
    before: 2.52,
    after: 0.68,
    crossed: 0.53,
    tag: 0.99,
    above: 1.37,
    linked: -1.7,
    place: -2.63,
    aside: -1.23,
    depth: -2.11,
    length: -2.69,
    startsWithDigit: -1.57,
    endsSentence: -1.63,
    known: -3.07,
    titled: 1.42,
    sole: 1.24,
    heading: 2.73,
    topHeading: 0.5,
    namesPage: 4.74,
    firstTop: 2.73,
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
