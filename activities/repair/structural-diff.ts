import { capLines, type CappedLines } from './capped-lines.ts';

interface DiffedBody {
  readonly text: string;
  /** Names the whole body. */
  readonly sha256: string;
}

/**
 * How two bodies differ in their build, whatever they say: which paths of elements (or members of JSON) came, went, or stand there another number of
 * times. One pass without a tree, so that a page of any size may be compared; 32 KB.
 */
export function structuralDiff(before: DiffedBody, after: DiffedBody): CappedLines {
  const [old, fresh] = [pathsOf(before.text), pathsOf(after.text)];
  const gone = [...old].filter(([path]) => !fresh.has(path)).map(([path, n]) => `- ${path} (${n})`);
  const came = [...fresh].filter(([path]) => !old.has(path)).map(([path, n]) => `+ ${path} (${n})`);
  const counted = [...old].flatMap(([path, n]) => {
    const now = fresh.get(path);
    return now === undefined || now === n ? [] : [`~ ${path} (${n} → ${now})`];
  });
  const whole = `bodies ${before.sha256} and ${after.sha256}`;
  return capLines([...gone, ...came, ...counted], { headBytes: MAX_BYTES, tailBytes: 0, whole });
}

/** The marker itself is within the cap. */
const MAX_BYTES = 32 * 1024 - 256;
const MAX_CHARACTERS = 2_000_000;
const MAX_PATHS = 5000;

type Paths = ReadonlyMap<string, number>;

function pathsOf(text: string): Paths {
  const isJson = /^\s*[[{]/u.test(text.slice(0, 1000));
  return (isJson ? jsonPaths(text) : undefined) ?? elementPaths(text.slice(0, MAX_CHARACTERS));
}

function elementPaths(html: string): Paths {
  const paths = new Map<string, number>();
  const open: string[] = [];
  for (const [tag, slash = '', name = ''] of html.matchAll(TAG)) {
    const element = name.toLowerCase();
    if (slash === '/') {
      const at = open.findLastIndex((one) => one.split(/[.#]/, 1)[0] === element);
      if (at !== -1) open.length = at;
      continue;
    }
    const here = `${element}${idOf(tag)}${classesOf(tag)}`;
    count(paths, [...open.slice(1 - LEVELS), here].join(' > '));
    if (!VOID.has(element) && !tag.endsWith('/>') && open.length < MAX_DEPTH) open.push(here);
    if (paths.size >= MAX_PATHS) break;
  }
  return paths;
}

const TAG = /<(\/?)([a-z][a-z0-9-]{0,40})\b[^<>]{0,2000}>/giu;
const LEVELS = 3;
const MAX_DEPTH = 200;
const VOID: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta source track wbr'.split(' '),
);

function idOf(tag: string): string {
  const id = /\sid\s*=\s*["']?([\w-]{1,60})/iu.exec(tag)?.[1];
  return id === undefined || /\d{2}/.test(id) ? '' : `#${id}`;
}

function classesOf(tag: string): string {
  const names = /\sclass\s*=\s*["']([^"']{0,300})/iu.exec(tag)?.[1] ?? '';
  const classes = names.split(/\s+/u).filter((name) => name !== '');
  return classes
    .slice(0, 4)
    .map((name) => `.${name}`)
    .join('');
}

function count(paths: Map<string, number>, path: string): void {
  paths.set(path, (paths.get(path) ?? 0) + 1);
}

function jsonPaths(text: string): Paths | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  try {
    const paths = new Map<string, number>();
    collect(JSON.parse(text.replace(/^\uFEFF/u, '')), '$', paths);
    return paths;
  } catch {
    return undefined;
  }
}

function collect(value: unknown, path: string, paths: Map<string, number>): void {
  if (paths.size >= MAX_PATHS || path.length > MAX_PATH) return;
  if (Array.isArray(value)) for (const item of value) collect(item, `${path}[]`, paths);
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) collect(member, `${path}.${key}`, paths);
  else count(paths, `${path}: ${value === null ? 'null' : typeof value}`);
}

const MAX_PATH = 400;
