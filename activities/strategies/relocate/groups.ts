import { classesOf } from './names.ts';
import { textOf } from './page-map.ts';
import type { PageMap, Place } from './page-map.ts';

/** Elements that lie alike below one container: what a list of values looks like in any page. */
export interface Group {
  readonly container: Place;
  readonly members: readonly Place[];
  /** Of the like elements below the next container up, how many these are: a line of a table has few of its cells. */
  readonly part: number;
}

/** Every repeated structure of a page, each set of members once. */
export function repeatedGroups(map: PageMap): readonly Group[] {
  const groups = new Map<string, Gathered>();
  for (const place of map.places) {
    if (!holdsValue(map, place)) continue;
    const keys = [...keysOf(place, signature), ...keysOf(place, (one) => one.tag)];
    // Where nothing has a class, both ways of signing give the same name.
    for (const key of new Map(keys.map((one) => [one.name, one])).values()) {
      const there = groups.get(key.name);
      if (there === undefined) groups.set(key.name, { ...key, members: [place] });
      else there.members.push(place);
    }
  }
  const lists = [...groups.values()].filter(({ members }) => isList(members));
  return distinct(
    lists.map(({ container, members, above }) => {
      const whole = groups.get(above)?.members.length ?? members.length;
      return { container, members, part: members.length / Math.max(whole, members.length) };
    }),
  );
}

interface Gathered {
  readonly container: Place;
  readonly members: Place[];
  /** Name of the group that the next container up makes of them. */
  readonly above: string;
}

const LEVELS = 7;
const MIN_ITEMS = 2;
const MAX_ITEMS = 150;
const MAX_VALUE = 3000;

function isList({ length }: readonly Place[]): boolean {
  return length >= MIN_ITEMS && length <= MAX_ITEMS;
}

function holdsValue(map: PageMap, place: Place): boolean {
  const size = place.end - place.start;
  return size > 0 && size <= MAX_VALUE && textOf(map, place) !== '';
}

function keysOf(
  place: Place,
  sign: (place: Place) => string,
): readonly { readonly container: Place; readonly name: string; readonly above: string }[] {
  const keys: { container: Place; name: string; above: string }[] = [];
  let path = sign(place);
  let container = place.parent;
  for (let level = 0; level < LEVELS && container !== undefined; level += 1) {
    const name = `${container.index} ${path}`;
    path = `${sign(container)}>${path}`;
    keys.push({ container, name, above: `${container.parent?.index ?? ''} ${path}` });
    container = container.parent;
  }
  return keys;
}

/** A tag and its classes; what counts or alternates from item to item is left out. */
function signature(place: Place): string {
  const classes = classesOf(place).filter((name) => !/\d/u.test(name) && !ALTERNATING.test(name));
  return [place.tag, ...classes.toSorted()].join('.');
}

const ALTERNATING =
  /^(?:first|last|odd|even|active|current|open|checked|selected)$|(?:^|[-_])(?:first|last|odd|even|active)$/iu;

/** The lowest container of the same members comes first, since keys are made from below. */
function distinct(groups: readonly Group[]): readonly Group[] {
  const seen = new Map<string, Group>();
  for (const group of groups) {
    const key = group.members.map(({ index }) => index).join(' ');
    const there = seen.get(key);
    if (there === undefined || there.container.depth < group.container.depth) seen.set(key, group);
  }
  return [...seen.values()];
}
