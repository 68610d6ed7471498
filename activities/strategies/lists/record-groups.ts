import type { Place } from '../relocate/page-map.ts';
import type { ListPage } from './list-page.ts';
import { fieldsIn, isTold, type Marks } from './marks.ts';

/** Elements of one kind that each hold one known record. */
export interface RecordGroup {
  /** In document order, with the record that each holds. */
  readonly joins: ReadonlyMap<Place, number>;
  /** How much of what stands on the page again stands in them, 0..1. */
  readonly coverage: number;
}

/** Groups that hold the known records, one for each level of nesting, and how much their best rival elsewhere holds of them. */
export interface FoundGroups {
  /** The outermost first. At least one. */
  readonly levels: readonly [RecordGroup, ...RecordGroup[]];
  readonly rival: number;
}

/**
 * Where the known records stand: the outermost elements of one kind that hold one record each. The kind is the way down from the root by tags,
 * or by tags and classes, so that a list may be split into several parents.
 */
export function findRecordGroups(page: ListPage, marks: Marks): FoundGroups | undefined {
  const groups = kindsOf(page, marks)
    .map((members) => joinMembers(members, marks))
    .filter(({ coverage }) => coverage > 0);
  const most = Math.max(0, ...groups.map(({ coverage }) => coverage));
  const equals = groups
    .filter(({ coverage }) => coverage > most - EQUAL)
    .toSorted((a, b) => depthOf(a) - depthOf(b) || b.joins.size - a.joins.size);
  const [best, ...others] = equals;
  if (best === undefined) return undefined;
  const inner = others.filter((one, at) => depthOf(one) > depthOf(others[at - 1] ?? best));
  const rivals = groups.filter((group) => !isRelated(group, best));
  return {
    levels: [best, ...inner.slice(0, MAX_LEVELS - 1)],
    rival: Math.max(0, ...rivals.map(({ coverage }) => coverage)),
  };
}

/** Which record each of these elements holds. */
export function joinMembers(members: readonly Place[], marks: Marks): RecordGroup {
  const joins = new Map<Place, number>();
  const claimed = new Set<number>();
  let [sum, spoilt] = [0, 0];
  for (const member of members) {
    const held = [...(marks.at.get(member.index) ?? [])].filter(([, mark]) => isTold(mark));
    const most = Math.max(0, ...held.map(([, mark]) => fieldsIn(mark)));
    const strong = held.filter(([, mark]) => fieldsIn(mark) * 2 > most);
    const [one] = strong;
    if (one === undefined) continue;
    const [record, mark] = one;
    if (strong.length > 1 || claimed.has(record)) {
      spoilt += 1;
      continue;
    }
    claimed.add(record);
    joins.set(member, record);
    sum += fieldsIn(mark) / Math.max(1, fieldsIn(marks.whole.get(record) ?? 0));
  }
  // Elements that hold several records, or one record twice, are no records.
  if (spoilt > joins.size * MAX_SPOILT) return { joins: new Map(), coverage: 0 };
  return { joins, coverage: sum / Math.max(1, marks.present) };
}

const EQUAL = 0.02;
const MAX_LEVELS = 3;
const MAX_SPOILT = 0.1;

/** Sets of elements of one kind, of which at least one holds a known value. */
function kindsOf(page: ListPage, marks: Marks): readonly (readonly Place[])[] {
  const kinds = new Map<string, Place[]>();
  const numbers = new Map<string, number>();
  const ways = new Map<number, { readonly tags: number; readonly names: number }>();
  const number = (text: string): number => {
    const there = numbers.get(text) ?? numbers.size;
    numbers.set(text, there);
    return there;
  };
  for (const place of page.places) {
    const above = place.parent === undefined ? undefined : ways.get(place.parent.index);
    const classes = place.element.getAttribute('class') ?? '';
    const tags = number(`t ${above?.tags ?? ''} ${place.tag}`);
    const names = number(`n ${above?.names ?? ''} ${place.tag} ${sorted(classes)}`);
    ways.set(place.index, { tags, names });
    for (const kind of [`t${tags}`, `n${names}`, `p${above?.names ?? ''} ${place.tag}`]) {
      const members = kinds.get(kind);
      if (members === undefined) kinds.set(kind, [place]);
      else members.push(place);
    }
  }
  return [...kinds.values()].filter((members) => members.some(({ index }) => marks.at.has(index)));
}

function sorted(classes: string): string {
  return classes.split(/\s+/u).slice(0, 20).toSorted().join(' ').slice(0, 300);
}

function depthOf({ joins }: RecordGroup): number {
  return [...joins.keys()][0]?.depth ?? 0;
}

/** Is one of its elements within, or around, or itself one of the others? */
function isRelated(one: RecordGroup, other: RecordGroup): boolean {
  const members = [...other.joins.keys()];
  return [...one.joins.keys()].some((place) =>
    members.some(
      (member) =>
        (place.index >= member.index && place.index <= member.last) ||
        (member.index >= place.index && member.index <= place.last),
    ),
  );
}
