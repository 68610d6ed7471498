import type { AnchorLocator } from '../../workflows/collection/extraction-spec.ts';
import { select } from './dom.ts';
import type { PageDocument, PageElement } from './dom.ts';
import { elementText } from './element-text.ts';
import { MAX_VALUES } from './json-path.ts';
import type { Found } from './values.ts';

/** Values beside a label that people see: the steadiest thing on many pages. */
export function locateAnchor(
  scope: PageDocument | PageElement,
  anchor: string,
  take: AnchorLocator['take'],
): readonly Found[] {
  const label = bare(anchor);
  const candidates = select(scope, LABELS, MAX_VALUES) ?? [];
  if (take === 'value') {
    return innermost(candidates.filter((one) => rest(one, label) !== undefined)).flatMap((one) =>
      found(rest(one, label)),
    );
  }
  const labels = candidates.filter((one) => bare(shortText(one)) === label);
  return innermost(labels).flatMap((one) =>
    take === 'next' ? following(one) : found(parentRest(one, label)),
  );
}

/** Elements that hold labels; containers of whole pages are left out, which keeps this linear in practice. */
const LABELS =
  'dt,dd,th,td,label,span,strong,b,em,i,p,li,div,h1,h2,h3,h4,h5,h6,summary,legend,figcaption,caption,small';
/** A label with its value is short; elements with more nodes are not read, which bounds the work on hostile nesting. */
const MAX_NODES = 50;

function bare(text: string): string {
  return text
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replace(/\s?[:：]$/u, '')
    .toLowerCase();
}

function shortText(element: PageElement): string {
  return elementText(element, MAX_NODES);
}

/** `<dt><b>Price</b></dt>` matches twice; the inner element is the label. */
function innermost(elements: readonly PageElement[]): readonly PageElement[] {
  const above = new Set(elements.flatMap(ancestors));
  return elements.filter((element) => !above.has(element));
}

function ancestors(element: PageElement): readonly PageElement[] {
  const found: PageElement[] = [];
  for (let one = element.parentElement; one !== null; one = one.parentElement) {
    if (found.push(one) === MAX_NODES) break;
  }
  return found;
}

/** The next element; when the label is wrapped alone, the one after its wrapper. */
function following(label: PageElement): readonly Found[] {
  let element: PageElement | null = label;
  for (let level = 0; element !== null && level < 3; level += 1) {
    const next: PageElement | null = element.nextElementSibling;
    if (next !== null) return [{ text: elementText(next), element: next }];
    element = element.parentElement;
  }
  return [];
}

function parentRest(label: PageElement, text: string): string | undefined {
  return label.parentElement === null ? undefined : rest(label.parentElement, text);
}

/** `9 EUR` of `Price: 9 EUR`, for the label `price`. The label must end where a word ends: "Prices" is no "Price". */
function rest(element: PageElement, label: string): string | undefined {
  const text = shortText(element);
  if (!text.toLowerCase().startsWith(label)) return undefined;
  const behind = text.slice(label.length);
  if (/^[\p{L}\p{N}]/u.test(behind)) return undefined;
  const value = behind.replace(/^\s?[:：]/u, '').trim();
  return value === '' ? undefined : value;
}

function found(text: string | undefined): readonly Found[] {
  return text === undefined ? [] : [{ text }];
}
