import type { StructuredKind } from '../../workflows/collection/extraction-spec.ts';
import { isMap } from '../../workflows/is-map.ts';
import { select } from './dom.ts';
import type { PageDocument, PageElement } from './dom.ts';
import { elementText } from './element-text.ts';
import { embeddedStates } from './embedded-json.ts';
import { MAX_VALUES } from './json-path.ts';

/** The items that a page describes in one vocabulary, in document order. */
export function structuredItems(
  scope: PageDocument | PageElement,
  kind: StructuredKind,
  type?: string,
): readonly unknown[] {
  return READERS[kind](scope, type);
}

const READERS: Readonly<
  Record<StructuredKind, (scope: PageDocument | PageElement, type?: string) => readonly unknown[]>
> = {
  'json-ld': (scope, type) => jsonLdItems(scope).filter((item) => hasType(item, type)),
  microdata: (scope, type) => microdataItems(scope).filter((item) => hasType(item, type)),
  'open-graph': (scope) => [openGraph(scope)],
  'embedded-json': embeddedStates,
};

function jsonLdItems(scope: PageDocument | PageElement): readonly unknown[] {
  const scripts = select(scope, 'script[type="application/ld+json" i]', MAX_SCRIPTS) ?? [];
  const queue = scripts.map((script) => readJson(script.textContent ?? ''));
  const items: unknown[] = [];
  for (let next = queue.shift(); queue.length > 0 || next !== undefined; next = queue.shift()) {
    if (items.length >= MAX_VALUES) break;
    if (Array.isArray(next)) queue.unshift(...next.slice(0, MAX_VALUES));
    else if (isMap(next)) {
      items.push(next);
      if (Array.isArray(next['@graph'])) queue.unshift(...next['@graph'].slice(0, MAX_VALUES));
    }
  }
  return items;
}

/** Some generators wrap the block in comment or CDATA marks, which are no JSON. */
function readJson(text: string): unknown {
  const bare = text.replace(/^\s*(?:<!--|(?:\/\/\s*)?<!\[CDATA\[)/u, '');
  try {
    return JSON.parse(bare.replace(/(?:-->|(?:\/\/\s*)?\]\]>)\s*$/u, ''));
  } catch {
    return null;
  }
}

function hasType(item: unknown, type: string | undefined): boolean {
  if (type === undefined) return true;
  const own = isMap(item) ? item['@type'] : undefined;
  return [own].flat().some((one) => typeof one === 'string' && shortType(one) === shortType(type));
}

/** `https://schema.org/Article`, `schema:Article` and `Article` are one type. */
function shortType(type: string): string {
  return type.slice(
    Math.max(type.lastIndexOf('/'), type.lastIndexOf('#'), type.lastIndexOf(':')) + 1,
  );
}

function microdataItems(scope: PageDocument | PageElement): readonly unknown[] {
  const roots = select(scope, '[itemscope]:not([itemprop])', MAX_VALUES) ?? [];
  return roots.map((root) => microdataItem(root, 0));
}

/** One item with its nested items. Properties of a nested item belong to it alone. */
function microdataItem(root: PageElement, depth: number): Record<string, unknown> {
  const item: Record<string, unknown> = { '@type': root.getAttribute('itemtype') ?? '' };
  const stack = Array.from(root.children).toReversed();
  for (let element = stack.pop(); element !== undefined; element = stack.pop()) {
    const nested = element.hasAttribute('itemscope');
    for (const name of (element.getAttribute('itemprop') ?? '').split(/\s+/u).filter(Boolean)) {
      append(item, name, nested ? nestedItem(element, depth) : propertyValue(element));
    }
    if (!nested) stack.push(...Array.from(element.children).toReversed());
  }
  return item;
}

function nestedItem(element: PageElement, depth: number): unknown {
  return depth >= MAX_ITEM_DEPTH ? elementText(element) : microdataItem(element, depth + 1);
}

function append(item: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') return;
  const before = Object.hasOwn(item, name) ? item[name] : undefined;
  item[name] = before === undefined ? value : [before, value].flat();
}

/** The value of a property, HTML Standard §5.2.4. */
function propertyValue(element: PageElement): string {
  const attribute = VALUE_ATTRIBUTES[element.tagName.toLowerCase()] ?? 'content';
  return element.getAttribute(attribute) ?? elementText(element);
}

const VALUE_ATTRIBUTES: Readonly<Record<string, string>> = {
  a: 'href',
  area: 'href',
  link: 'href',
  audio: 'src',
  embed: 'src',
  iframe: 'src',
  img: 'src',
  source: 'src',
  video: 'src',
  object: 'data',
  data: 'value',
  meter: 'value',
  time: 'datetime',
};

/** `og:`, `article:`, `product:` and other properties; each also without its `og:`. */
function openGraph(scope: PageDocument | PageElement): Record<string, unknown> {
  const item: Record<string, unknown> = {};
  for (const meta of select(scope, 'meta[property][content]', MAX_VALUES) ?? []) {
    const name = meta.getAttribute('property') ?? '';
    const value = meta.getAttribute('content') ?? '';
    if (!name.includes(':')) continue;
    append(item, name, value);
    if (name.startsWith('og:')) append(item, name.slice('og:'.length), value);
  }
  return item;
}

const MAX_SCRIPTS = 100;
/** Deeper nesting is not written by people; the rest counts as text. */
const MAX_ITEM_DEPTH = 20;
