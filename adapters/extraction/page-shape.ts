/** What tells the layout of a page from another, whatever it says. */
export type PageShape = ReadonlySet<string>;

/**
 * The paths of tags and classes of a page, or the keys of a JSON payload. Reads the text in one pass, without a tree: it may be called for a
 * page of any size beside a heartbeat.
 */
export function shapeOf(body: string): PageShape {
  const text = body.slice(0, MAX_CHARACTERS);
  return /^\s*[[{]/u.test(text.slice(0, 1000)) ? keysOf(text) : pathsOf(text);
}

/** Numbers of a sketch: similarities are right to about 0.06. */
const SKETCH_SIZE = 64;

/** MinHash of a shape: a few hundred bytes that say how much of two shapes is the same. Empty for a shape without anything. */
export function sketchOf(shape: PageShape): readonly number[] {
  if (shape.size === 0) return [];
  const least = Array.from({ length: SKETCH_SIZE }, () => 0xff_ff_ff_ff);
  for (const path of shape) {
    const hash = hashOf(path);
    for (let i = 0; i < SKETCH_SIZE; i += 1) {
      const mixed = mix(hash ^ Math.imul(i + 1, 0x9e_37_79_b1));
      if (mixed < (least[i] ?? 0)) least[i] = mixed;
    }
  }
  return least;
}

/** Share of the paths that two pages have in common, 0..1, as their sketches tell it. */
export function sketchSimilarity(one: readonly number[], other: readonly number[]): number {
  if (one.length === 0 || one.length !== other.length) return 0;
  return one.filter((value, i) => value === other[i]).length / one.length;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let i = 0; i < text.length; i += 1)
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01_00_01_93);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3: each bit depends on all. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85_eb_ca_6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2_b2_ae_35);
  return (h ^ (h >>> 16)) >>> 0;
}

const MAX_PATHS = 5_000;
const MAX_CHARACTERS = 2_000_000;
/** The nearest ancestors tell a place well enough, and a wrapper around everything changes few paths. */
const LEVELS = 3;

function keysOf(text: string): PageShape {
  const keys = new Set<string>();
  for (const [, key = ''] of text.matchAll(/"([^"\\]{1,100})"\s{0,5}:/gu)) {
    if (keys.add(key).size >= MAX_PATHS) break;
  }
  return keys;
}

function pathsOf(html: string): PageShape {
  const paths = new Set<string>();
  const open: string[] = [];
  for (const [tag, slash = '', name = ''] of html.matchAll(TAG)) {
    const element = name.toLowerCase();
    if (slash === '/') close(open, element);
    else {
      const here = `${element}${classesOf(tag)}`;
      paths.add([...open.slice(1 - LEVELS), here].join('>'));
      if (!VOID.has(element) && !tag.endsWith('/>') && open.length < MAX_DEPTH) open.push(here);
    }
    if (paths.size >= MAX_PATHS) break;
  }
  return paths;
}

const TAG = /<(\/?)([a-z][a-z0-9-]{0,40})\b[^<>]{0,2000}>/giu;
const MAX_DEPTH = 200;
const VOID: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta source track wbr'.split(' '),
);

function close(open: string[], element: string): void {
  const at = open.findLastIndex((one) => one === element || one.startsWith(`${element}.`));
  if (at !== -1) open.length = at;
}

/** Sorted, and without what build tools number. */
function classesOf(tag: string): string {
  const [, names = ''] = /\sclass\s*=\s*["']([^"']{0,500})["']/iu.exec(tag) ?? [];
  const kept = names.split(/\s+/u).filter((name) => name !== '' && !/\d{2}/u.test(name));
  return kept
    .toSorted()
    .slice(0, 5)
    .map((name) => `.${name}`)
    .join('');
}
