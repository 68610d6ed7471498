import { readValue } from '../../adapters/extraction/values.ts';
import type {
  ExtractedRecord,
  FieldSpec,
  Locator,
} from '../../workflows/collection/extraction-spec.ts';
import { agreedLocator } from './agreed-locator.ts';
import type { EvidenceView, FailingPage, GoodSample, Proposal, Strategy } from './contract.ts';
import { inFront, shownLocator } from './evidence/in-front.ts';
import { sameValue } from './evidence/same-value.ts';
import { openList } from './lists/list-page.ts';
import { aimAt, openFacts } from './relocate/open.ts';
import type { PageFacts } from './relocate/page-facts.ts';
import type { Place } from './relocate/page-map.ts';
import { selectorFor } from './relocate/selector.ts';

/**
 * Several documents are known from before and fail now: a place that shows each of them its own old value is where the value is. What one page
 * leaves open (a price that stands there twice), the others decide.
 */
export const agreeingPages: Strategy = {
  name: 'agreeing-pages',
  family: 'relocate',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
  propose(view) {
    if (view.spec.records !== undefined)
      return Promise.resolve({ proposals: [], abstains: 'Records of a list are not relocated.' });
    const answers = view.failingFields.map((name) => proposeField(name, view));
    const proposals = answers.flatMap((one) => ('patch' in one ? [one] : []));
    const [abstains = 'No field of the spec is failing.'] = answers.flatMap((one) =>
      'abstains' in one ? [one.abstains] : [],
    );
    return Promise.resolve(proposals.length > 0 ? { proposals } : { proposals, abstains });
  },
};

/** Documents of which two must have different values: one value on every page is the page's furniture. */
const LEAST_PAGES = 3;
const LEAST_VALUES = 2;
/** A document may have changed meanwhile; more than that, and it is another place. */
const LEAST_AGREEING = 0.6;
const MAX_PAGES = 6;
const MAX_PLACES = 8;
const MAX_TEXT = 400;
const DEADLINE_MS = 3000;

type Value = ExtractedRecord[string];

/** A document then and now. */
interface Joined {
  readonly url: string;
  readonly now: FailingPage;
  readonly good: GoodSample;
  readonly page: PageFacts;
  readonly before: PageFacts;
  readonly value: Value;
}

function proposeField(name: string, view: EvidenceView): Proposal | { readonly abstains: string } {
  const field = view.spec.fields[name];
  if (field === undefined) return { abstains: 'The list of the records is no field.' };
  const joined = joinedPages(name, view);
  const values = new Set(joined.map(({ value }) => JSON.stringify(value)));
  if (joined.length < LEAST_PAGES || values.size < LEAST_VALUES)
    return {
      abstains: `Fewer than ${LEAST_PAGES} failing documents are known from before with values of "${name}" of their own.`,
    };
  const css = field.cardinality === 'one' ? shownAt(joined, field) : undefined;
  const locator = css === undefined ? agreedOn(joined, field, view) : { css };
  return locator === undefined
    ? {
        abstains: `No place shows the old values of "${name}" on all of ${joined.length} documents.`,
      }
    : proposal(name, locator, joined.length);
}

/** An element that shows each document its own value. */
function shownAt(joined: readonly Joined[], field: FieldSpec): string | undefined {
  const endsAt = performance.now() + DEADLINE_MS;
  for (const one of joined) {
    const css = placesOf(one, field)
      .flatMap((place) => selectorOf(place, one, field) ?? [])
      .find((selector) => agrees(selector, joined, field));
    if (css !== undefined) return css;
    if (performance.now() > endsAt) break;
  }
  return undefined;
}

/** The same for attributes of elements, and for fields of many values. */
function agreedOn(
  joined: readonly Joined[],
  field: FieldSpec,
  { spec }: EvidenceView,
): Locator | undefined {
  const pages = joined.flatMap(({ now, good, value }) => {
    const [page, before] = [openList(now, spec), openList(good, spec)];
    return page === undefined || before === undefined ? [] : [{ page, before, value }];
  });
  return agreedLocator(field, pages, leastEqual(joined));
}

function joinedPages(name: string, { failing, good, spec }: EvidenceView): readonly Joined[] {
  return failing.slice(0, MAX_PAGES).flatMap((now: FailingPage) => {
    const then = good.find(({ url }) => url === now.url);
    const value = then?.records[0]?.[name];
    const [page, before] = [openFacts(now, spec), then && openFacts(then, spec)];
    return then === undefined || value === undefined || page === undefined || before === undefined
      ? []
      : [{ url: now.finalUrl, now, good: then, page, before, value }];
  });
}

/** Elements that hold the old value and nothing else, the innermost ones first. */
function placesOf({ page, value, url }: Joined, field: FieldSpec): readonly Place[] {
  const bound = Math.max(MAX_TEXT, String(value).length * 2);
  return page.map.places
    .filter((place) => place.end > place.start && place.end - place.start <= bound)
    .filter((place) => isIn(page, 'body', place) && holds(page, place, { value, field, url }))
    .toReversed()
    .slice(0, MAX_PLACES);
}

function isIn({ map }: PageFacts, tag: string, place: Place): boolean {
  const body = map.places.find((one) => one.tag === tag);
  return body !== undefined && place.index > body.index && place.index <= body.last;
}

interface Wanted {
  readonly value: Value;
  readonly field: FieldSpec;
  readonly url: string;
}

function holds(page: PageFacts, place: Place, { value, field, url }: Wanted): boolean {
  const { text } = page.item(place);
  if (text === '') return false;
  if (field.type === 'html') return sameValue(text, value, 'html');
  const reading = readValue({ text, element: place.element }, field, url);
  return 'value' in reading && sameValue(reading.value, value, field.type);
}

function selectorOf(place: Place, { page, before }: Joined, field: FieldSpec): string | undefined {
  const members = aimAt(before, field)?.look.members ?? [];
  return selectorFor(page, [place], { page: before, members });
}

/** On most documents the first element that it finds shows the old value, and on all of them something readable. */
function agrees(css: string, joined: readonly Joined[], field: FieldSpec): boolean {
  const verdicts = joined.map(({ page, value, url }) => {
    const [first] = Array.from(page.map.document.querySelectorAll(css));
    const place = first && page.places.get(first);
    if (place === undefined) return 'missing';
    return holds(page, place, { value, field, url }) ? 'equal' : 'other';
  });
  const equal = verdicts.filter((one) => one === 'equal').length;
  return !verdicts.includes('missing') && equal >= leastEqual(joined);
}

function leastEqual({ length }: readonly Joined[]): number {
  return Math.max(2, length * LEAST_AGREEING);
}

function proposal(name: string, locator: Locator, pages: number): Proposal {
  return {
    patch: [inFront(name, locator)],
    // Each further page halves what is left of the doubt.
    features: { margin: 1 - 0.5 ** (pages - 1), pages: Math.min(1, pages / MAX_PAGES) },
    explains: `The field "${name}" is found by "${shownLocator(locator)}" now: ${pages} documents show their own old values there.`,
  };
}
