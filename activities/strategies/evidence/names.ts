/** How alike two names of a field are, 0..1: by their words, where known synonyms count as one. */
export function nameSimilarity(one: string, other: string): number {
  const [a, b] = [wordsOf(one), wordsOf(other)];
  if (a.length === 0 || b.length === 0) return 0;
  const shared = a.filter((word) => b.includes(word)).length;
  const words = (2 * shared) / (a.length + b.length);
  return Math.max(words, 0.8 * pairSimilarity(a.join(''), b.join('')));
}

/** The key at the end of a path, and the path before it. */
export function splitPath(path: string): readonly [parent: string, key: string] {
  const match = /^(.*?)\.?(?:\["([^"]*)"\]|([^.[\]"]+))$/su.exec(path);
  return [match?.[1] ?? '', match?.[2] ?? match?.[3] ?? path];
}

/** Each line means one thing in the vocabularies that sites use. The first word stands for all. */
const SYNONYMS: readonly (readonly string[])[] = [
  ['title', 'name', 'headline', 'heading', 'label', 'caption'],
  ['price', 'amount', 'cost', 'lowprice'],
  ['description', 'summary', 'abstract', 'excerpt', 'teaser', 'blurb', 'intro'],
  ['content', 'body', 'text', 'articlebody', 'html'],
  ['url', 'link', 'href', 'permalink', 'uri', 'canonical'],
  ['image', 'img', 'picture', 'photo', 'thumbnail', 'thumb'],
  ['author', 'creator', 'byline', 'writer', 'by'],
  ['published', 'datepublished', 'publish', 'pubdate', 'posted', 'created', 'date', 'day'],
  ['modified', 'datemodified', 'updated', 'changed', 'lastmod'],
  ['id', 'identifier', 'sku', 'guid', 'uuid', 'key', 'code', 'ref'],
  ['category', 'section', 'topic', 'group', 'genre'],
  ['tags', 'keywords', 'labels', 'topics'],
  ['currency', 'pricecurrency'],
  ['rating', 'ratingvalue', 'score', 'stars'],
  ['count', 'total', 'quantity', 'qty', 'number'],
  ['stock', 'availability', 'available', 'instock'],
  ['brand', 'manufacturer', 'vendor', 'maker'],
  ['location', 'place', 'city', 'address'],
];

const STANDS_FOR = new Map(
  SYNONYMS.flatMap((group) => group.map((word) => [word, group[0] ?? word] as const)),
);
const EMPTY_WORDS: ReadonlySet<string> = new Set([
  'og',
  'article',
  'the',
  'of',
  'value',
  'field',
  'product',
  'item',
]);

function wordsOf(name: string): readonly string[] {
  const words = name
    .slice(0, 200)
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const whole = STANDS_FOR.get(words.join(''));
  if (whole !== undefined) return [whole];
  const telling = words.filter((word) => !EMPTY_WORDS.has(word));
  return [
    ...new Set((telling.length > 0 ? telling : words).map((word) => STANDS_FOR.get(word) ?? word)),
  ];
}

/** Dice coefficient of the pairs of letters. */
function pairSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  const [a, b] = [pairsOf(one), pairsOf(other)];
  if (a.size + b.size === 0) return 0;
  return (2 * [...a].filter((pair) => b.has(pair)).length) / (a.size + b.size);
}

function pairsOf(text: string): ReadonlySet<string> {
  return new Set(
    Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2)),
  );
}
