import { classesOf, digitCost, isMeaningful, isUsable } from '../relocate/names.ts';
import type { Place } from '../relocate/page-map.ts';

/** A selector or a part of one, and how little it is to be trusted. */
export interface Part {
  readonly css: string;
  readonly cost: number;
}

/** From here on a part is no name that people gave, but a tag or a position. */
export const BY_TAG = 3.5;

/** Ways to name one element: what people named first, its tag last. */
export function partsOf(place: Place): readonly Part[] {
  const { tag, element } = place;
  const labelled = LABELS.flatMap((name) => {
    const value = element.getAttribute(name);
    return value !== null && /^[\w:/. -]{2,60}$/u.test(value) && isMeaningful(value)
      ? [{ css: `${tag}[${name}="${value}"]`, cost: 0.8 + digitCost(value) }]
      : [];
  });
  const classes = classesOf(place)
    .filter(isUsable)
    .map((name) => ({
      css: `${tag}.${name}`,
      cost: 1.2 + digitCost(name) + (name.length < 4 ? 1 : 0),
    }));
  return [...labelled, ...classes, { css: tag, cost: SPECIFIC.test(tag) ? 2.4 : 4 }];
}

/** The id of an element that is there once; of records each has another one. */
export function idOf({ element }: Place): Part | undefined {
  const id = element.getAttribute('id');
  return id !== null && isUsable(id) ? { css: `#${id}`, cost: 0.7 + digitCost(id) } : undefined;
}

/** The element among those of its tag beside it; undefined when it is the only one. */
export function positionOf({ parent, element, tag }: Place): string | undefined {
  const siblings = Array.from(parent?.element.children ?? []).slice(0, MAX_SIBLINGS);
  const same = siblings.filter(({ tagName }) => tagName.toLowerCase() === tag);
  return same.length < 2 ? undefined : `${tag}:nth-of-type(${same.indexOf(element) + 1})`;
}

/** Parts that all of these have, each at its highest cost; best first. */
export function sharedParts(lists: readonly (readonly Part[])[]): readonly Part[] {
  const counts = new Map<string, { count: number; cost: number }>();
  for (const list of lists) {
    for (const { css, cost } of new Map(list.map((one) => [one.css, one])).values()) {
      const there = counts.get(css);
      counts.set(css, { count: (there?.count ?? 0) + 1, cost: Math.max(cost, there?.cost ?? 0) });
    }
  }
  return [...counts]
    .filter(([, { count }]) => count === lists.length)
    .map(([css, { cost }]) => ({ css, cost }))
    .toSorted((a, b) => a.cost - b.cost);
}

const LABELS = [
  'itemprop',
  'itemtype',
  'data-testid',
  'data-test',
  'data-qa',
  'data-name',
  'data-component',
  'data-field',
  'property',
  'rel',
  'role',
];
const SPECIFIC = /^(?:h[1-6]|article|time|address|main|[a-z]+-[a-z-]+)$/u;
const MAX_SIBLINGS = 400;
