import { hash } from 'node:crypto';

/**
 * Names how a body is built, whatever it says: pages of one template have the same outline, mostly. Of markup, the elements with their first
 * class; of JSON, the paths of its members. Cheap and total: only the first half megabyte is looked at.
 */
export function pageOutline(text: string): string {
  const head = text.slice(0, MAX_CHARACTERS);
  const parts = /^\s*[[{]/u.test(head) ? jsonPaths(text) : undefined;
  const lines = parts ?? elements(head);
  return hash('sha256', [...lines].toSorted().join('\n')).slice(0, 16);
}

const MAX_CHARACTERS = 512 * 1024;

function elements(html: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [, tag = '', attributes = ''] of html.matchAll(TAG)) {
    const name = tag.toLowerCase();
    if (IN_TEXT.has(name)) continue;
    const first = CLASS.exec(attributes)?.[1] ?? '';
    // Numbers in classes count things, and generated ones are new with each build.
    found.add(`${name}.${first.toLowerCase().replaceAll(/\d+/g, '')}`);
    if (found.size > MAX_PARTS) break;
  }
  return found;
}

const TAG = /<([a-z][a-z0-9-]{0,30})(\s[^<>]{0,1000})?>/giu;
const CLASS = /\bclass\s*=\s*["']?\s*([\w-]{1,60})/iu;
/** What prose is made of: an author's link makes no other template. */
const IN_TEXT: ReadonlySet<string> = new Set(
  'a,b,blockquote,br,code,em,h3,h4,h5,h6,hr,i,img,li,ol,p,pre,s,small,span,strong,sub,sup,table,tbody,td,th,thead,tr,u,ul'.split(
    ',',
  ),
);
const MAX_PARTS = 2000;

/** Undefined for what is no JSON, or too much to be parsed for this. */
function jsonPaths(text: string): ReadonlySet<string> | undefined {
  if (text.length > MAX_CHARACTERS) return new Set(['large']);
  try {
    const found = new Set<string>();
    collect(JSON.parse(text.replace(/^\uFEFF/u, '')), '', found);
    return found;
  } catch {
    return undefined;
  }
}

function collect(value: unknown, path: string, found: Set<string>): void {
  if (found.size > MAX_PARTS || path.length > MAX_PATH) return;
  if (Array.isArray(value)) {
    for (const item of value.slice(0, MAX_ITEMS)) collect(item, `${path}[]`, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) collect(member, `${path}.${key}`, found);
  } else found.add(path);
}

const MAX_PATH = 300;
const MAX_ITEMS = 20;
