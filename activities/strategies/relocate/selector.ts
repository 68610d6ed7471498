import { select } from '../../../adapters/extraction/dom.ts';
import { classesOf, digitCost, isMeaningful, isUsable } from './names.ts';
import type { PageFacts } from './page-facts.ts';
import type { Place } from './page-map.ts';
import { bare } from './words.ts';

/**
 * A selector that finds exactly these elements on their page, or others with the same texts: short, and by what people named (ids,
 * `itemprop`, `data-*`, classes) before what merely lies so. Each is tried before it is believed. Undefined when none does.
 */
export function selectorFor(
  page: PageFacts,
  members: readonly Place[],
  good: GoodMembers,
): string | undefined {
  const wanted = textsOf({ page, members });
  const before = textsOf(good);
  let second: string | undefined;
  const works = (css: string): boolean => {
    if (!findsOnly(page, css, wanted)) return false;
    if (agrees(good.page, css, before)) return true;
    second ??= css;
    return false;
  };
  const endsAt = performance.now() + DEADLINE_MS;
  const written = [...named(page, members)].toSorted((a, b) => a.cost - b.cost).slice(0, MAX_TRIES);
  for (const { css } of written) {
    if (performance.now() > endsAt) break;
    if (works(css)) return css;
  }
  return paths(page, members).find(works) ?? second;
}

/** A page on which the old selector worked, and what it found. On it a new one should find the same, or nothing at all. */
interface GoodMembers {
  readonly page: PageFacts;
  readonly members: readonly Place[];
}

function textsOf({ page, members }: GoodMembers): readonly string[] {
  return members.map((one) => page.item(one).bare).filter((text) => text !== '');
}

function agrees(page: PageFacts, css: string, before: readonly string[]): boolean {
  const found = select(page.map.document, css, 1);
  return found?.length === 0 || findsOnly(page, css, before);
}

const DEADLINE_MS = 400;
const MAX_TRIES = 120;
const MAX_FOUND = 400;

function findsOnly(page: PageFacts, css: string, wanted: readonly string[]): boolean {
  const found = select(page.map.document, css, MAX_FOUND);
  if (found === undefined || found.length < wanted.length) return false;
  const texts: string[] = [];
  for (const element of found) {
    const place = page.places.get(element);
    if (place === undefined) return false;
    const text = page.item(place).bare;
    if (text !== '') texts.push(text);
    if (texts.length > wanted.length) return false;
  }
  return texts.length === wanted.length && texts.every((text, at) => text === wanted[at]);
}

/** A part of a selector, and how little it is to be trusted. */
interface Part {
  readonly css: string;
  readonly cost: number;
}

function named(page: PageFacts, members: readonly Place[]): readonly Part[] {
  const items = shared(members.map((one) => partsOf(page, one, members)));
  const scopes = shared(members.map((one) => scopesOf(page, one, members)));
  const alone = items.filter(({ cost }) => cost < BY_TAG);
  const below = scopes.flatMap((scope) =>
    items.map((item) => ({ css: `${scope.css} ${item.css}`, cost: scope.cost + item.cost + 0.5 })),
  );
  const twice = scopes.slice(0, 8).flatMap((inner) =>
    scopes
      .slice(0, 8)
      .filter((outer) => outer !== inner && outer.cost < BY_TAG)
      .flatMap((outer) =>
        items.slice(0, 3).map((item) => ({
          css: `${outer.css} ${inner.css} ${item.css}`,
          cost: outer.cost + inner.cost + item.cost + 1.5,
        })),
      ),
  );
  return [...alone, ...below, ...twice];
}

/** Parts that all of them have, each at its highest cost. */
function shared(lists: readonly (readonly Part[])[]): readonly Part[] {
  const counts = new Map<string, { count: number; cost: number }>();
  for (const list of lists.slice(0, 60)) {
    for (const { css, cost } of new Map(list.toReversed().map((one) => [one.css, one])).values()) {
      const there = counts.get(css);
      counts.set(css, { count: (there?.count ?? 0) + 1, cost: Math.max(cost, there?.cost ?? 0) });
    }
  }
  const all = Math.min(lists.length, 60);
  return [...counts]
    .filter(([, { count }]) => count === all)
    .map(([css, { cost }]) => ({ css, cost }))
    .toSorted((a, b) => a.cost - b.cost);
}

const MAX_ABOVE = 8;

function scopesOf(page: PageFacts, member: Place, members: readonly Place[]): readonly Part[] {
  const parts: Part[] = [];
  let place = member.parent;
  for (let level = 0; level < MAX_ABOVE && place !== undefined; level += 1, place = place.parent) {
    if (place.tag === 'body' || place.tag === 'html') break;
    parts.push(
      ...partsOf(page, place, members).map(({ css, cost }) => ({ css, cost: cost + level * 0.2 })),
    );
  }
  return parts;
}

const BY_TAG = 4;
const LABELLED = [
  'itemprop',
  'data-testid',
  'data-test',
  'data-qa',
  'data-name',
  'data-component',
  'aria-label',
  'role',
];

/** Ways to name one element. */
function partsOf(page: PageFacts, place: Place, members: readonly Place[]): readonly Part[] {
  const { tag, element } = place;
  const parts: Part[] = [];
  const id = element.getAttribute('id');
  if (id !== null && isUsable(id) && !isContent(page, id, members))
    parts.push({ css: `#${id}`, cost: 0.6 + digitCost(id) });
  for (const name of LABELLED) {
    const value = element.getAttribute(name);
    if (
      value === null ||
      !/^[\w -]{2,50}$/u.test(value) ||
      !isMeaningful(value) ||
      isContent(page, value, members)
    )
      continue;
    parts.push({ css: `${tag}[${name}="${value}"]`, cost: 0.7 + digitCost(value) });
  }
  for (const name of classesOf(place)) {
    if (isUsable(name))
      parts.push({
        css: `${tag}.${name}`,
        cost: 1.2 + digitCost(name) + (name.length < 4 ? 1.5 : 0),
      });
  }
  return [...parts, { css: tag, cost: BY_TAG - (SPECIFIC.test(tag) ? 2.5 : 0) }];
}

const SPECIFIC = /^(?:h1|main|article|time|address|[a-z]+-[a-z-]+)$/u;

/** `id="keto-hamburger-buns"` is made from the value: the next page has another. */
function isContent(page: PageFacts, name: string, members: readonly Place[]): boolean {
  const letters = bare(name);
  if (letters.length < 6) return false;
  return (
    bare(page.title).includes(letters) ||
    members.slice(0, 5).some((one) => page.item(one).bare.includes(letters))
  );
}

/** From the nearest named ancestor down by tags and positions: it breaks easily, but it is a beginning. */
function paths(page: PageFacts, members: readonly Place[]): readonly string[] {
  const [first] = members;
  if (first === undefined) return [];
  const found: string[] = [];
  for (const position of [false, true]) {
    let below = first.tag;
    let place = first.parent;
    let inside = members.length > 1;
    if (members.length === 1 && position) below = `${first.tag}${nth(first)}`;
    for (let level = 0; place !== undefined && level < 14; level += 1, place = place.parent) {
      if (place.tag === 'html') break;
      const [best] =
        place.tag === 'body' ? [{ css: 'body', cost: 0 }] : partsOf(page, place, members);
      if (best !== undefined && best.cost < BY_TAG) found.push(`${best.css} > ${below}`);
      if (
        inside &&
        members.every((one) => one.index <= (place?.last ?? 0) && one.index >= (place?.index ?? 0))
      )
        inside = false;
      below = `${place.tag}${position && !inside ? nth(place) : ''} > ${below}`;
    }
  }
  return found;
}

function nth(place: Place): string {
  const siblings = Array.from(place.parent?.element.children ?? []);
  const same = siblings.filter(({ tagName }) => tagName.toLowerCase() === place.tag);
  return same.length < 2 ? '' : `:nth-of-type(${same.indexOf(place.element) + 1})`;
}
