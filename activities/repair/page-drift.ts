import type { EvidencePage, EvidenceView } from '../strategies/contract.ts';

/**
 * How far the shape of the failing pages is from that of the good ones, 0..1: 1 minus the overlap of their paths of tags and classes, or of
 * keys where they are JSON. Compared are the same document then and now, else the newest of both. 1 when there is nothing to compare with.
 * Reads the text in one pass, without a tree: it may be called for a page of any size beside a heartbeat.
 */
export function pageDrift({ failing, good }: EvidenceView): number {
  const [newest] = good;
  if (newest === undefined) return 1;
  const drifts = failing.slice(0, MAX_PAGES).map((page) => {
    const before = good.find(({ url }) => url === page.url) ?? newest;
    return 1 - overlap(shapeOf(before), shapeOf(page));
  });
  return drifts.reduce((sum, one) => sum + one, 0) / Math.max(1, drifts.length);
}

const MAX_PAGES = 5;
const MAX_PATHS = 5_000;
const MAX_CHARACTERS = 2_000_000;
/** The nearest ancestors tell a place well enough, and a wrapper around everything changes few paths. */
const LEVELS = 3;

type Shape = ReadonlySet<string>;

function overlap(one: Shape, other: Shape): number {
  if (one.size + other.size === 0) return 1;
  const shared = [...one].filter((path) => other.has(path)).length;
  return shared / (one.size + other.size - shared);
}

function shapeOf({ body }: EvidencePage): Shape {
  const text = body.slice(0, MAX_CHARACTERS);
  return /^\s*[[{]/u.test(text.slice(0, 1000)) ? keysOf(text) : pathsOf(text);
}

function keysOf(text: string): Shape {
  const keys = new Set<string>();
  for (const [, key = ''] of text.matchAll(/"([^"\\]{1,100})"\s{0,5}:/gu)) {
    if (keys.add(key).size >= MAX_PATHS) break;
  }
  return keys;
}

function pathsOf(html: string): Shape {
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
