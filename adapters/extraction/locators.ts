import type {
  AnchorLocator,
  CssLocator,
  Locator,
  StructuredLocator,
} from '../../workflows/collection/extraction-spec.ts';
import { isMap } from '../../workflows/is-map.ts';
import { locateAnchor } from './anchor.ts';
import { select } from './dom.ts';
import type { PageDocument, PageElement } from './dom.ts';
import { elementText } from './element-text.ts';
import { MAX_VALUES, parsePath, valuesAt } from './json-path.ts';
import { structuredItems } from './structured-data.ts';
import type { Found } from './values.ts';

/** A body, parsed once. Exactly one of both is there. */
export interface Page {
  readonly document?: PageDocument;
  readonly payload?: unknown;
}

/** Where a record lies: the whole page, an element of it, or a value of a payload. */
export type RecordScope =
  | { readonly kind: 'page' }
  | { readonly kind: 'element'; readonly element: PageElement }
  | { readonly kind: 'value'; readonly value: unknown };

/** What a field's locator finds in a record, in document order. Undefined: the locator itself cannot be read. */
export function locate(
  locator: Locator,
  scope: RecordScope,
  page: Page,
): readonly Found[] | undefined {
  if ('css' in locator) return locateCss(locator, scope, page);
  if ('meta' in locator) return locateMeta(locator.meta, page);
  if ('json' in locator) return locateJson(locator.json, scope, page);
  if ('structured' in locator) return locateStructured(locator, scope, page);
  return locateLabelled(locator, scope, page);
}

/** The records of a list. Labels and meta tags name single values, so they find none. */
export function locateRecords(locator: Locator, page: Page): readonly RecordScope[] | undefined {
  if ('css' in locator) {
    if (page.document === undefined) return [];
    const elements = select(page.document, locator.css, MAX_VALUES);
    return elements?.map((element) => ({ kind: 'element', element }));
  }
  const values = 'json' in locator || 'structured' in locator ? recordValues(locator, page) : [];
  return values?.map((value) => ({ kind: 'value', value }));
}

function recordValues(
  locator: Exclude<Locator, CssLocator | AnchorLocator | { meta: string }>,
  page: Page,
): readonly unknown[] | undefined {
  const scope: RecordScope = { kind: 'page' };
  const values =
    'json' in locator ? jsonValues(locator.json, scope, page) : itemValues(locator, scope, page);
  return values
    ?.flat()
    .filter((value) => isMap(value))
    .slice(0, MAX_VALUES);
}

function locateCss(
  { css, attr }: CssLocator,
  scope: RecordScope,
  page: Page,
): readonly Found[] | undefined {
  const root = elementScope(scope, page);
  if (root === undefined) return [];
  const itself = css === ':scope' && scope.kind === 'element' ? [scope.element] : undefined;
  const elements = itself ?? select(root, css, MAX_VALUES);
  return elements?.flatMap((element) =>
    attr === undefined ? [foundElement(element)] : foundAttribute(element, attr),
  );
}

/** Text is read only when asked for: a page-wide selector may match thousands of elements. */
function foundElement(element: PageElement): Found {
  return {
    get text() {
      return elementText(element);
    },
    element,
  };
}

function foundAttribute(element: PageElement, name: string): readonly Found[] {
  const text = element.getAttribute(name);
  return text === null ? [] : [{ text }];
}

/** Compared here and not by a selector, so that no name needs quoting. */
function locateMeta(name: string, page: Page): readonly Found[] {
  if (page.document === undefined) return [];
  const wanted = name.toLowerCase();
  const metas = select(page.document, 'meta[content]', MAX_VALUES) ?? [];
  return metas
    .filter((meta) =>
      ['name', 'property', 'itemprop', 'http-equiv'].some(
        (key) => meta.getAttribute(key)?.toLowerCase() === wanted,
      ),
    )
    .map((meta) => ({ text: meta.getAttribute('content') ?? '' }));
}

function locateJson(path: string, scope: RecordScope, page: Page): readonly Found[] | undefined {
  return jsonValues(path, scope, page)?.flatMap(foundValue);
}

function jsonValues(path: string, scope: RecordScope, page: Page): readonly unknown[] | undefined {
  const steps = parsePath(path);
  if (steps === undefined) return undefined;
  if (scope.kind === 'element') return [];
  const value = scope.kind === 'value' ? scope.value : page.payload;
  return value === undefined ? [] : valuesAt(value, steps);
}

function locateStructured(
  locator: StructuredLocator,
  scope: RecordScope,
  page: Page,
): readonly Found[] | undefined {
  return itemValues(locator, scope, page)?.flatMap(foundValue);
}

/** Inside a record that is an item itself, only the path counts. */
function itemValues(
  { structured, type, path }: StructuredLocator,
  scope: RecordScope,
  page: Page,
): readonly unknown[] | undefined {
  const steps = structured === 'open-graph' ? [path] : parsePath(path);
  if (steps === undefined) return undefined;
  const root = elementScope(scope, page);
  const items =
    scope.kind === 'value'
      ? [scope.value]
      : root === undefined
        ? []
        : structuredItems(root, structured, type);
  return items.flatMap((item) => valuesAt(item, steps));
}

function locateLabelled(
  { anchor, take }: AnchorLocator,
  scope: RecordScope,
  page: Page,
): readonly Found[] {
  const root = elementScope(scope, page);
  return root === undefined ? [] : locateAnchor(root, anchor, take);
}

function elementScope(scope: RecordScope, page: Page): PageDocument | PageElement | undefined {
  if (scope.kind === 'element') return scope.element;
  return scope.kind === 'page' ? page.document : undefined;
}

/** A list gives its members; an object gives its `@value` (JSON-LD), else nothing that could be read. */
function foundValue(value: unknown): readonly Found[] {
  if (Array.isArray(value)) return value.slice(0, MAX_VALUES).flatMap(foundScalar);
  return foundScalar(value);
}

function foundScalar(value: unknown): readonly Found[] {
  const scalar = isMap(value) ? value['@value'] : value;
  return ['string', 'number', 'boolean'].includes(typeof scalar) ? [{ text: String(scalar) }] : [];
}
