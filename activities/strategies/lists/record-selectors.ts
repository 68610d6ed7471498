import { select } from '../../../adapters/extraction/dom.ts';
import { commonContainer } from '../relocate/aim.ts';
import type { Place } from '../relocate/page-map.ts';
import type { ListPage } from './list-page.ts';
import { BY_TAG, idOf, partsOf, positionOf, sharedParts, type Part } from './name-parts.ts';

/** A selector of records, and what it finds. */
export interface RecordSet {
  readonly css: string;
  readonly members: readonly Place[];
}

/**
 * Selectors that find all of these records, and beside them only what stands where they stand: new records, or what only looks like them.
 * One for each distinct set of elements, the best name first.
 */
export function recordSets(page: ListPage, joined: readonly Place[]): readonly RecordSet[] {
  const endsAt = performance.now() + DEADLINE_MS;
  const sets = new Map<string, RecordSet>();
  for (const { css } of selectorsOf(joined)) {
    if (performance.now() > endsAt || sets.size === MAX_SETS) break;
    const members = membersOf(page, css);
    if (!isListOf(members, joined)) continue;
    const key = members.map(({ index }) => index).join(' ');
    if (!sets.has(key)) sets.set(key, { css, members });
  }
  return [...sets.values()];
}

/** What a selector finds on a page, in document order. */
export function membersOf(page: ListPage, css: string): readonly Place[] {
  return (select(page.facts.map.document, css, MAX_MEMBERS) ?? []).flatMap(
    (element) => page.facts.places.get(element) ?? [],
  );
}

const DEADLINE_MS = 2_000;
const MAX_TRIES = 120;
const MAX_SETS = 5;
const MAX_MEMBERS = 600;
const MAX_SHOWN = 40;

function selectorsOf(joined: readonly Place[]): readonly Part[] {
  const container = commonContainer(joined);
  const [first] = joined;
  if (container === undefined || first === undefined) return [];
  const items = sharedParts(joined.slice(0, MAX_SHOWN).map(partsOf));
  const chain = tagsBetween(first, container);
  const alone = items.filter(({ cost }) => cost < BY_TAG);
  const scopes = scopesOf(container);
  const scoped = scopes.flatMap((scope) =>
    items.flatMap((item) => {
      const way = [...chain, item.css].join(' > ');
      const cost = scope.cost + item.cost;
      return scope.level > 0
        ? [{ css: `${scope.css} ${item.css}`, cost: cost + 0.6 }]
        : [
            { css: `${scope.css} > ${way}`, cost: cost + 0.4 },
            { css: `${scope.css} ${item.css}`, cost: cost + 0.5 },
          ];
    }),
  );
  const ways = pathsTo(container).flatMap(({ css, cost }) =>
    items.map((item) => ({
      css: `${css} > ${[...chain, item.css].join(' > ')}`,
      cost: cost + item.cost,
    })),
  );
  return [...alone, ...scoped, ...ways].toSorted((a, b) => a.cost - b.cost).slice(0, MAX_TRIES);
}

/** Tags between the list and a record, where its records are split into several parents. */
function tagsBetween(member: Place, container: Place): readonly string[] {
  const tags: string[] = [];
  for (let one = member.parent; one !== undefined && one !== container; one = one.parent)
    tags.unshift(one.tag);
  return tags;
}

interface Scope extends Part {
  readonly level: number;
}

function scopesOf(container: Place): readonly Scope[] {
  const found: Scope[] = [];
  let place: Place | undefined = container;
  for (let level = 0; place !== undefined && level < 8; level += 1, place = place.parent) {
    if (place.tag === 'html') break;
    const id = idOf(place);
    const parts = place.tag === 'body' ? [{ css: 'body', cost: BY_TAG }] : partsOf(place);
    for (const { css, cost } of id === undefined ? parts : [id, ...parts])
      found.push({ css, cost: cost + level * 0.2, level });
  }
  return found;
}

/** Down from the nearest named ancestor, at last with positions: it breaks easily, but it is a beginning. */
function pathsTo(container: Place): readonly Part[] {
  const found: Part[] = [];
  for (const isExact of [false, true]) {
    let below = '';
    let place: Place | undefined = container;
    for (let level = 0; place !== undefined && level < 12; level += 1, place = place.parent) {
      if (place.tag === 'html') break;
      const best = idOf(place) ?? (place.tag === 'body' ? undefined : partsOf(place)[0]);
      const named = best !== undefined && best.cost < BY_TAG ? best.css : undefined;
      if (level > 0 && (named !== undefined || place.tag === 'body'))
        found.push({ css: `${named ?? 'body'} > ${below}`, cost: 5 + level + Number(isExact) * 4 });
      const own = (isExact ? positionOf(place) : undefined) ?? place.tag;
      below = below === '' ? own : `${own} > ${below}`;
    }
  }
  return found;
}

/** All of the joined ones, none within another, and none that stands where no joined one stands. */
function isListOf(members: readonly Place[], joined: readonly Place[]): boolean {
  const all = new Set(members);
  if (!joined.every((place) => all.has(place))) return false;
  const parents = new Set(joined.map(({ parent }) => parent));
  const ways = new Set(joined.map(({ parent }) => wayTo(parent)));
  const isNested = members.some((one, at) => (members[at + 1]?.index ?? Infinity) <= one.last);
  return !isNested && members.every(({ parent }) => parents.has(parent) || ways.has(wayTo(parent)));
}

/** By tags and classes from the root: another parent of the same list has the same. */
function wayTo(place: Place | undefined): string {
  const parts: string[] = [];
  for (let one = place; one !== undefined; one = one.parent)
    parts.push(`${one.tag}.${one.element.getAttribute('class') ?? ''}`);
  return parts.join('<');
}
