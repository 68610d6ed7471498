import { nameWords, stem } from './names.ts';
import { textOf } from './page-map.ts';
import type { PageMap, Place } from './page-map.ts';
import { bare, wordsOf } from './words.ts';

/** What comparing asks a page again and again, each answer found once. */
export interface PageFacts {
  readonly map: PageMap;
  readonly places: ReadonlyMap<object, Place>;
  /** Short texts in document order: headings, labels, links. */
  readonly blocks: readonly Block[];
  readonly headings: readonly Block[];
  /** The page's own name, from its head. */
  readonly title: string;
  item(place: Place): ItemFacts;
  names(place: Place): readonly string[];
  readonly tagCounts: ReadonlyMap<string, number>;
}

export interface Block {
  readonly place: Place;
  readonly text: string;
  readonly bare: string;
}

/** The shape of one text, without its language. */
export interface ItemFacts {
  readonly text: string;
  readonly bare: string;
  readonly words: readonly string[];
  readonly length: number;
  readonly startsWithDigit: boolean;
  readonly endsSentence: boolean;
  readonly digits: number;
  readonly linked: boolean;
}

export function factsOf(map: PageMap): PageFacts {
  const names = memo((place: Place) => nameWords(place));
  const item = memo((place: Place) => itemFacts(map, place));
  const blocks = shortBlocks(map, item);
  return {
    map,
    places: new Map(map.places.map((place) => [place.element, place])),
    blocks,
    headings: blocks.filter(({ place }) => isHeading(place)),
    title: titleOf(map),
    item,
    names,
    tagCounts: countTags(map),
  };
}

function isHeading({ tag, element }: Place): boolean {
  return /^h[1-6]$/u.test(tag) || element.getAttribute('role') === 'heading';
}

/** Words of a heading as names have them. */
export function headingStems(text: string): readonly string[] {
  return wordsOf(text)
    .filter((word) => word.length > 2)
    .slice(0, 6)
    .map((word) => stem(word));
}

const MAX_LABEL = 90;

function memo<V>(compute: (place: Place) => V): (place: Place) => V {
  const known = new Map<Place, V>();
  return (place) => {
    const there = known.get(place);
    if (there !== undefined) return there;
    const made = compute(place);
    known.set(place, made);
    return made;
  };
}

/** Each answer is found when it is first asked for: of most elements only the letters are ever compared. */
function itemFacts(map: PageMap, place: Place): ItemFacts {
  const text = textOf(map, place);
  let letters: string | undefined;
  let words: readonly string[] | undefined;
  let linked: boolean | undefined;
  return {
    text,
    length: text.length,
    get bare() {
      return (letters ??= bare(text));
    },
    get words() {
      return (words ??= wordsOf(text));
    },
    get linked() {
      return (linked ??= isLinked(map, place));
    },
    get startsWithDigit() {
      return /^[^\p{L}]{0,3}[\p{N}]/u.test(text);
    },
    get endsSentence() {
      return /[.!?。！？…][)"'”»]*$/u.test(text.slice(-8));
    },
    get digits() {
      return digitShare(text);
    },
  };
}

function digitShare(text: string): number {
  let digits = 0;
  let all = 0;
  for (const letter of text) {
    if (letter === ' ') continue;
    all += 1;
    if (/\p{N}/u.test(letter)) digits += 1;
  }
  return digits / Math.max(1, all);
}

/** Is most of the text the text of links? */
function isLinked(map: PageMap, place: Place): boolean {
  for (
    let one: Place | undefined = place, up = 0;
    one !== undefined && up < 4;
    one = one.parent, up += 1
  ) {
    if (one.tag === 'a') return true;
  }
  let inLinks = 0;
  for (let at = place.index + 1; at <= place.last; at += 1) {
    const below = map.places[at];
    if (below?.tag === 'a') inLinks += below.end - below.start;
  }
  return inLinks > (place.end - place.start) * 0.6;
}

/** Innermost elements with a short text of their own. */
function shortBlocks(map: PageMap, item: (place: Place) => ItemFacts): readonly Block[] {
  const blocks: Block[] = [];
  let behind = -1;
  for (const place of map.places) {
    if (place.index <= behind || place.end - place.start > MAX_LABEL * 3) continue;
    if (place.end === place.start || hidden(place)) continue;
    const { text, bare: letters } = item(place);
    if (letters === '' || text.length > MAX_LABEL || holdsHeading(map, place)) continue;
    blocks.push({ place, text, bare: letters });
    behind = place.last;
  }
  return blocks;
}

function holdsHeading(map: PageMap, place: Place): boolean {
  if (isHeading(place)) return false;
  for (let at = place.index + 1; at <= place.last; at += 1) {
    const below = map.places[at];
    if (below !== undefined && isHeading(below)) return true;
  }
  return false;
}

function hidden(place: Place): boolean {
  return place.tag === 'head' || place.parent?.tag === 'head';
}

function countTags(map: PageMap): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { tag } of map.places) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return counts;
}

function titleOf(map: PageMap): string {
  const place = map.places.find(({ tag, parent }) => tag === 'title' && parent?.tag === 'head');
  return place === undefined ? '' : textOf(map, place);
}
