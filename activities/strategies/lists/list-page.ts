import type { PageElement } from '../../../adapters/extraction/dom.ts';
import { readValue } from '../../../adapters/extraction/values.ts';
import type {
  ExtractionSpec,
  FieldSpec,
  FieldValue,
} from '../../../workflows/collection/extraction-spec.ts';
import type { EvidencePage } from '../contract.ts';
import { openPage } from '../evidence/pages.ts';
import { openFacts } from '../relocate/open.ts';
import type { PageFacts } from '../relocate/page-facts.ts';
import type { Place } from '../relocate/page-map.ts';

/** A page of a list, ready to be searched. */
export interface ListPage {
  readonly facts: PageFacts;
  /** The elements of its body. */
  readonly places: readonly Place[];
  /** What a place, or an attribute of it, says as a field; undefined where it cannot be read as one. */
  read(place: Place, field: FieldSpec, attr?: string): FieldValue | undefined;
}

/** Undefined for what is no page, is too large, or is nested too deeply. */
export function openList(page: EvidencePage, spec: ExtractionSpec): ListPage | undefined {
  const there = known.get(page);
  if (there !== undefined) return there;
  const facts = openFacts(page, spec);
  const body = facts?.map.places.find(({ tag }) => tag === 'body');
  if (facts === undefined || body === undefined) return undefined;
  const { base } = openPage(page, spec);
  const places = facts.map.places.slice(body.index + 1, body.last + 1);
  const list = { facts, places, read: readerOf(facts, base) };
  known.set(page, list);
  return list;
}

/** Attributes that may hold a value; names, styles and scripts do not. */
export function valueAttributes({ element }: Place): readonly string[] {
  return Array.from((element as NamedElement).getAttributeNames())
    .filter((name) => /^[a-z][\w-]*$/u.test(name) && !NO_VALUE.test(name))
    .slice(0, MAX_ATTRIBUTES);
}

/** Goes when the page goes. */
const known = new WeakMap<EvidencePage, ListPage>();

interface NamedElement extends PageElement {
  getAttributeNames(): Iterable<string>;
}

const NO_VALUE =
  /^(?:class|id|style|role|type|rel|target|name|itemprop|itemtype|itemscope|lang|dir|tabindex|hidden|width|height|loading|sizes|srcset|on.*|aria-(?!label$).*)$/u;
const MAX_ATTRIBUTES = 12;
/** Longer than any value but a text of its own. */
const MAX_TEXT = 600;
const MAX_MARKUP = 20_000;

function readerOf(facts: PageFacts, base: string): ListPage['read'] {
  const cache = new Map<FieldSpec, Map<string, FieldValue | undefined>>();
  return (place, field, attr) => {
    const found =
      attr === undefined
        ? { text: shortText(facts, place, field), element: place.element }
        : { text: place.element.getAttribute(attr) ?? '' };
    if (attr !== undefined && found.text.length > MAX_TEXT) return undefined;
    if (field.type === 'html')
      return attr === undefined && found.text !== '' ? found.text : undefined;
    const ofField = cache.get(field) ?? new Map<string, FieldValue | undefined>();
    cache.set(field, ofField);
    const key = `${attr === undefined ? place.index : ''} ${found.text}`;
    if (ofField.has(key)) return ofField.get(key);
    const reading = isNoAddress(place, field, attr, found.text)
      ? undefined
      : readValue(found, field, base);
    const value = reading !== undefined && 'value' in reading ? reading.value : undefined;
    ofField.set(key, value);
    return value;
  };
}

/** Any word is a relative address: outside of what carries addresses, one must look like it. */
function isNoAddress(
  { element }: Place,
  { type }: FieldSpec,
  attr: string | undefined,
  text: string,
): boolean {
  if (type !== 'url' || text.includes('/')) return false;
  return attr === undefined
    ? !ADDRESSES.some((name) => element.hasAttribute(name))
    : !ADDRESSES.includes(attr);
}

const ADDRESSES: readonly string[] = ['href', 'src', 'content'];

function shortText({ map }: PageFacts, place: Place, { type }: FieldSpec): string {
  const length = place.end - place.start;
  if (length > (type === 'html' ? MAX_MARKUP : MAX_TEXT)) return '';
  return map.text.slice(place.start, place.end).trim();
}
