import type { Block, PageFacts } from './page-facts.ts';
import type { Place } from './page-map.ts';

/** What a chosen set of elements looks like on its page: the elements that worked once, or a candidate to follow them. */
export interface Look {
  readonly page: PageFacts;
  readonly members: readonly Place[];
  readonly container: Place;
  /** Words of names from the members upwards, each with the weight of its nearest level. */
  readonly names: ReadonlyMap<string, number>;
  readonly heading: Block | undefined;
  readonly outerHeading: Block | undefined;
  readonly before: readonly Block[];
  readonly after: Block | undefined;
  readonly shape: Shape;
  /** Of the text from its heading to the next, how much it is: a part of a list has less than the list. */
  readonly share: number;
}

/** Means over the items; lengths as logarithms. */
export interface Shape {
  readonly count: number;
  readonly length: number;
  readonly spread: number;
  readonly startsWithDigit: number;
  readonly endsSentence: number;
  readonly digits: number;
  readonly linked: number;
}

export function lookAt(page: PageFacts, members: readonly Place[], container: Place): Look {
  const first = itemOf(members[0], container);
  const last = itemOf(members.at(-1), container);
  const headings = first === undefined ? [] : preceding(page.headings, first, 2);
  return {
    page,
    members,
    container,
    names: namesAround(page, members),
    heading: headings[0],
    outerHeading: headings[1],
    before: first === undefined ? [] : preceding(page.blocks, first, 3),
    after: last === undefined ? undefined : following(page.blocks, last),
    shape: shapeOf(page, members),
    share: shareOfSection(page, members, headings[0], last),
  };
}

/** What stands in the container for a member: a number or a title beside the member belongs to its item, not to what is before the list. */
function itemOf(member: Place | undefined, container: Place): Place | undefined {
  let item = member;
  while (item?.parent !== undefined && item.parent !== container && item !== container)
    item = item.parent;
  return item?.parent === container ? item : member;
}

function shareOfSection(
  page: PageFacts,
  members: readonly Place[],
  heading: Block | undefined,
  last: Place | undefined,
): number {
  const start = heading?.place.end ?? 0;
  const end = last === undefined ? undefined : following(page.headings, last)?.place.start;
  const whole = (end ?? page.map.text.length) - start;
  return Math.min(
    1,
    members.reduce((sum, one) => sum + one.end - one.start, 0) / Math.max(1, whole),
  );
}

/** The lowest element around all of them. */
export function commonContainer(members: readonly Place[]): Place | undefined {
  const [first] = members;
  let container = first?.parent;
  while (container !== undefined) {
    const { index, last } = container;
    if (members.every((one) => one.index >= index && one.index <= last)) return container;
    container = container.parent;
  }
  return undefined;
}

const LEVELS = 6;

function namesAround(page: PageFacts, [first]: readonly Place[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  let place = first;
  for (let level = 0; level < LEVELS && place !== undefined; level += 1) {
    if (place.tag === 'body' || place.tag === 'html') break;
    for (const word of page.names(place))
      if (!names.has(word)) names.set(word, 1 / (1 + level * 0.35));
    place = place.parent;
  }
  return names;
}

/** The last blocks before a place, nearest first. */
function preceding(blocks: readonly Block[], place: Place, many: number): readonly Block[] {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((blocks[middle]?.place.last ?? 0) < place.index) low = middle + 1;
    else high = middle;
  }
  return blocks.slice(Math.max(0, low - many), low).toReversed();
}

function following(blocks: readonly Block[], place: Place): Block | undefined {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((blocks[middle]?.place.index ?? 0) <= place.last) low = middle + 1;
    else high = middle;
  }
  return blocks[low];
}

function shapeOf(page: PageFacts, members: readonly Place[]): Shape {
  const items = members.map((one) => page.item(one)).filter((one) => one.bare !== '');
  const lengths = items.map(({ length }) => Math.log(1 + length));
  const mean = average(lengths);
  const share = (test: (item: (typeof items)[number]) => boolean): number =>
    average(items.map((item) => (test(item) ? 1 : 0)));
  return {
    count: items.length,
    length: mean,
    spread: Math.sqrt(average(lengths.map((one) => (one - mean) ** 2))),
    startsWithDigit: share((item) => item.startsWithDigit),
    endsSentence: share((item) => item.endsSentence),
    digits: average(items.map((item) => item.digits)),
    linked: share((item) => item.linked),
  };
}

function average(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

/** Texts of a page outside of the members: what is there again elsewhere was never the value. */
export function textsElsewhere(page: PageFacts, members: readonly Place[]): ReadonlySet<string> {
  const inside = (place: Place): boolean =>
    members.some(
      (one) =>
        (place.index >= one.index && place.index <= one.last) ||
        (one.index >= place.index && one.index <= place.last),
    );
  const own = new Set(members.map((one) => page.item(one).bare));
  const texts = new Set<string>();
  for (const place of page.map.places) {
    if (place.end - place.start > 4000 || place.end === place.start) continue;
    const { bare: letters } = page.item(place);
    if (letters.length > 1 && !own.has(letters) && !inside(place)) texts.add(letters);
  }
  return texts;
}
