import { headingStems } from './page-facts.ts';
import type { Block, PageFacts } from './page-facts.ts';
import type { Look } from './aim.ts';
import type { Place } from './page-map.ts';
import { likeness, wordsOf } from './words.ts';

/** How a candidate compares with what worked: each number 0..1 or nearly so, by name, for the weights. */
export type Features = Readonly<Record<string, number>>;

export interface Aim {
  readonly look: Look;
  readonly elsewhere: ReadonlySet<string>;
  /** Does the page's own name agree with the value? */
  readonly titled: number;
}

export function compareLists(aim: Aim, look: Look, part: number): Features {
  const { shape } = aim.look;
  const items = look.members.map((one) => look.page.item(one));
  return {
    ...compareContext(aim, look),
    length: near(shape.length, look.shape.length, 1.5),
    count: near(Math.log(shape.count), Math.log(look.shape.count), 1.5),
    spread: near(shape.spread, look.shape.spread, 1),
    startsWithDigit: Math.abs(shape.startsWithDigit - look.shape.startsWithDigit),
    endsSentence: Math.abs(shape.endsSentence - look.shape.endsSentence),
    digits: Math.min(1, Math.abs(shape.digits - look.shape.digits) * 4),
    known: average(items.map((item) => (aim.elsewhere.has(item.bare) ? 1 : 0))),
    covers: covered(look),
    part: 1 - part,
    share: Math.abs(aim.look.share - look.share),
    repeats: 1 - new Set(items.map((item) => item.bare)).size / Math.max(1, items.length),
    numbered:
      numbered(items) && !numbered(aim.look.members.map((one) => aim.look.page.item(one))) ? 1 : 0,
    blank: average(items.map((item) => (item.bare.length < 2 ? 1 : 0))),
  };
}

export function compareSingles(aim: Aim, look: Look): Features {
  const [place] = look.members;
  if (place === undefined) return {};
  const item = look.page.item(place);
  const [was] = aim.look.members;
  return {
    ...compareContext(aim, look),
    length: near(aim.look.shape.length, look.shape.length, 1.5),
    startsWithDigit: Math.abs(aim.look.shape.startsWithDigit - look.shape.startsWithDigit),
    endsSentence: Math.abs(aim.look.shape.endsSentence - look.shape.endsSentence),
    known: aim.elsewhere.has(item.bare) ? 1 : 0,
    titled: aim.titled * titleLikeness(item.words, look.page.title),
    sole: alone(look.page, place) && was !== undefined && alone(aim.look.page, was) ? 1 : 0,
    heading:
      headingRank(place) === 0 || was === undefined || headingRank(was) === 0
        ? 0
        : 1 - Math.abs(headingRank(place) - headingRank(was)) / 3,
    topHeading:
      was !== undefined && isTopHeading(aim.look.page, was) && isTopHeading(look.page, place)
        ? 1
        : 0,
    namesPage: isFirstTop(look.page, place) && place.tag === 'h1' ? aim.titled : 0,
    firstTop:
      was !== undefined && isFirstTop(aim.look.page, was) && isFirstTop(look.page, place) ? 1 : 0,
    empty: item.bare.length < 2 ? 1 : 0,
  };
}

export function titleLikeness(words: readonly string[], title: string): number {
  const named = new Set(wordsOf(title));
  return words.length === 0 ? 0 : average(words.map((word) => (named.has(word) ? 1 : 0)));
}

function compareContext(aim: Aim, look: Look): Features {
  const was = aim.look.members[0];
  const is = look.members[0];
  return {
    label: sameLabel(aim.look.heading, look.heading),
    outerLabel: Math.max(
      sameLabel(aim.look.outerHeading, look.outerHeading),
      sameLabel(aim.look.outerHeading, look.heading),
      sameLabel(aim.look.heading, look.outerHeading),
    ),
    before: bestLabel(aim.look.before, look.before),
    after: sameLabel(aim.look.after, look.after),
    crossed: crossed(aim.look, look),
    tag: was?.tag === is?.tag ? 1 : 0,
    above: was?.parent?.tag === is?.parent?.tag ? 1 : 0,
    linked: Math.abs(aim.look.shape.linked - look.shape.linked),
    place: Math.abs(relative(aim.look) - relative(look)),
    aside: aside(is) && !aside(was) ? 1 : 0,
    depth: Math.min(1, Math.abs((was?.depth ?? 0) - (is?.depth ?? 0)) / 10),
  };
}

function relative({ page, members }: Look): number {
  return (members[0]?.start ?? 0) / Math.max(1, page.map.text.length);
}

function sameLabel(a: Block | undefined, b: Block | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return a.bare === b.bare ? 1 : likeness(wordsOf(a.text), wordsOf(b.text)) * 0.8;
}

function bestLabel(a: readonly Block[], b: readonly Block[]): number {
  return Math.max(
    0,
    ...a.slice(0, 2).flatMap((one) => b.slice(0, 2).map((other) => sameLabel(one, other))),
  );
}

/** The heading then is a name now, or the other way round. */
function crossed(was: Look, is: Look): number {
  const hits = (heading: Block | undefined, names: ReadonlyMap<string, number>): number =>
    Math.max(0, ...headingStems(heading?.text ?? '').map((word) => names.get(word) ?? 0));
  return Math.max(hits(was.heading, is.names), hits(is.heading, was.names));
}

function covered({ page, members, container }: Look): number {
  const inside = members.reduce((sum, { start, end }) => sum + end - start, 0);
  return Math.min(
    1,
    inside / Math.max(1, page.map.text.slice(container.start, container.end).trim().length),
  );
}

function numbered(items: readonly { readonly text: string }[]): boolean {
  return (
    items.length > 1 &&
    items.every(({ text }, at) => new RegExp(`^\\D{0,12}${at + 1}(?!\\d)`, 'u').test(text))
  );
}

function aside(place: Place | undefined): boolean {
  for (let one = place; one !== undefined; one = one.parent) {
    if (/^(?:nav|footer|aside)$/u.test(one.tag)) return true;
    if (/^(?:navigation|contentinfo|complementary)$/u.test(one.element.getAttribute('role') ?? ''))
      return true;
  }
  return false;
}

function headingRank({ tag }: Place): number {
  const level = /^h([1-6])$/u.exec(tag)?.[1];
  return level === undefined ? 0 : Number(level);
}

function alone(page: PageFacts, place: Place): boolean {
  return page.tagCounts.get(place.tag) === 1;
}

/** Is it of the highest rank of heading that the page has? */
function isTopHeading(page: PageFacts, place: Place): boolean {
  const rank = headingRank(place);
  return (
    rank > 0 &&
    page.headings.every((one) => headingRank(one.place) === 0 || headingRank(one.place) >= rank)
  );
}

function isFirstTop(page: PageFacts, place: Place): boolean {
  return (
    isTopHeading(page, place) &&
    page.headings.find((one) => one.place.tag === place.tag)?.place === place
  );
}

function near(a: number, b: number, width: number): number {
  return Math.min(1, Math.abs(a - b) / width);
}

function average(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
