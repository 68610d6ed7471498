import { select } from './dom.ts';
import type { PageDocument, PageElement } from './dom.ts';

/**
 * State that a page carries for its own scripts: `<script type="application/json">` (Next.js, Nuxt and kin) and assignments such as
 * `window.__STATE__ = {…}`. `name` is the id of the script or the name of the variable. Scripts are read as text and never run.
 */
export function embeddedStates(
  scope: PageDocument | PageElement,
  name?: string,
): readonly unknown[] {
  const scripts = select(scope, 'script:not([src])', MAX_SCRIPTS) ?? [];
  return scripts.flatMap((script) =>
    isJson(script.getAttribute('type') ?? '')
      ? jsonScript(script, name)
      : assignments(script, name),
  );
}

const MAX_SCRIPTS = 200;
const MAX_ASSIGNMENTS = 50;

function isJson(type: string): boolean {
  return /^application\/(?!ld\+)(?:[\w.-]+\+)?json$/iu.test(type.trim());
}

function jsonScript(script: PageElement, name: string | undefined): readonly unknown[] {
  if (name !== undefined && script.getAttribute('id') !== name) return [];
  return parsed(script.textContent ?? '');
}

/** Only the names that frameworks use for state: capitals or underscores around, set on `window`, `self` or `globalThis`. */
function assignments(script: PageElement, name: string | undefined): readonly unknown[] {
  const text = script.textContent ?? '';
  const pattern =
    /(?:window|self|globalThis)(?:\.|\[["'])([\w$]{1,80})(?:["']\])?\s{0,20}=\s{0,20}(?=[[{])/gu;
  const found: unknown[] = [];
  let tried = 0;
  for (const match of text.matchAll(pattern)) {
    if (name !== undefined && match[1] !== name) continue;
    // Each value that never closes is read to the end of the script: without a bound, quadratic.
    tried += 1;
    if (tried > MAX_ASSIGNMENTS) break;
    const start = match.index + match[0].length;
    found.push(...parsed(text.slice(start, endOfValue(text, start))));
  }
  return found;
}

/** Where the bracket at `start` closes: counts brackets outside of strings, in one pass. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function parsed(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}
