import { select } from '../../adapters/extraction/dom.ts';
import { readValue } from '../../adapters/extraction/values.ts';
import type {
  ExtractedRecord,
  FieldSpec,
  Locator,
} from '../../workflows/collection/extraction-spec.ts';
import { agreedLocator, isStanding } from './agreed-locator.ts';
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
/** Of one selector. */
const MAX_FOUND = 50;
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
  const lacking = field.required ? [] : lackingPages(name, view);
  const agreed = agreedOn({ joined, lacking, field, spec: view.spec });
  return agreed === undefined
    ? {
        abstains: `No place shows the old values of "${name}" on ${joined.length} documents, and nothing where it was absent.`,
      }
    : proposal(name, agreed, { known: joined.length, lacking: lacking.length });
}

/** What is known of a field: documents that had it, and, where it may be absent, documents that did not. */
interface Known {
  readonly joined: readonly Joined[];
  readonly lacking: readonly FailingPage[];
  readonly field: FieldSpec;
  readonly spec: EvidenceView['spec'];
}

interface Agreed {
  readonly locator: Locator;
  /** How many documents show their own old value there. */
  readonly equal: number;
}

/** By a name that people gave if there is one, else by the label beside it, and by its position only when there is nothing else. */
function agreedOn(known: Known): Agreed | undefined {
  const shown = known.field.cardinality === 'one' ? shownAt(known) : undefined;
  if (shown !== undefined && !isPositional(shown.css)) return elementAt(shown);
  return placeOf(known) ?? (shown === undefined ? undefined : elementAt(shown));
}

function elementAt({ css, equal }: ShownAt): Agreed {
  return { locator: { css }, equal };
}

/** Counted, or two steps of mere tags: a row more, and it is another value. */
function isPositional(css: string): boolean {
  const bare = css.split(/[\s>]+/u).filter(Boolean);
  return css.includes(':nth') || bare.slice(-2).every((part) => /^[a-z]+$/u.test(part));
}

interface ShownAt {
  readonly css: string;
  readonly equal: number;
}

/** An element that shows each document its own value. */
function shownAt(known: Known): ShownAt | undefined {
  const endsAt = performance.now() + DEADLINE_MS;
  for (const one of known.joined) {
    for (const place of placesOf(one, known.field)) {
      const css = selectorOf(place, one, known.field);
      const equal = css === undefined ? undefined : agreeing(css, known);
      if (css !== undefined && equal !== undefined) return { css, equal };
    }
    if (performance.now() > endsAt) break;
  }
  return undefined;
}

/** The same for labels, for attributes of elements, and for fields of many values. */
function placeOf({ joined, lacking, field, spec }: Known): Agreed | undefined {
  const pages = joined.flatMap(({ now, good, value }) => {
    const [page, before] = [openList(now, spec), openList(good, spec)];
    return page === undefined || before === undefined ? [] : [{ page, before, value }];
  });
  const without = lacking.flatMap((now) => openList(now, spec) ?? []);
  return agreedLocator(field, { pages, lacking: without }, leastEqual(joined));
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

/** Documents that were there without the field: nothing may be found on them. */
function lackingPages(name: string, { failing, good }: EvidenceView): readonly FailingPage[] {
  return failing.slice(0, MAX_PAGES).filter((now) => {
    const [then, ...more] = good.find(({ url }) => url === now.url)?.records ?? [];
    return then !== undefined && more.length === 0 && then[name] === undefined;
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

/**
 * How many documents show their old value where the selector leads. Undefined when it leads nowhere on one of them, to another value although
 * the old one still stands on the page, or to anything where the field was absent.
 */
function agreeing(css: string, { joined, lacking, field, spec }: Known): number | undefined {
  const isFound = lacking.some((now) => {
    const list = openList(now, spec);
    const found = list && select(list.facts.map.document, css, MAX_FOUND);
    return found?.some((element) => {
      const place = list?.facts.places.get(element);
      return place !== undefined && list?.read(place, field) !== undefined;
    });
  });
  if (isFound) return undefined;
  const verdicts = joined.map((one) => verdictOn(css, one, field, spec));
  const equal = verdicts.filter((one) => one === 'equal').length;
  return verdicts.includes('elsewhere') || equal < leastEqual(joined) ? undefined : equal;
}

/** `changed` is a value that the page does not show any more. */
function verdictOn(
  css: string,
  { page, now, value, url }: Joined,
  field: FieldSpec,
  spec: EvidenceView['spec'],
): 'equal' | 'changed' | 'elsewhere' {
  const [first] = select(page.map.document, css, 1) ?? [];
  const place = first && page.places.get(first);
  if (place === undefined) return 'elsewhere';
  if (holds(page, place, { value, field, url })) return 'equal';
  const list = openList(now, spec);
  return list === undefined || isStanding(list, field, value) ? 'elsewhere' : 'changed';
}

function leastEqual({ length }: readonly Joined[]): number {
  return Math.max(2, length * LEAST_AGREEING);
}

interface Counts {
  /** Documents that had the field before. */
  readonly known: number;
  readonly lacking: number;
}

function proposal(name: string, { locator, equal }: Agreed, { known, lacking }: Counts): Proposal {
  const others = equal === known ? '' : '; the old values of the others are nowhere on their pages';
  const absent = lacking === 0 ? '' : `; where it was absent (${lacking}), nothing is found`;
  return {
    patch: [inFront(name, locator)],
    // Each further page halves what is left of the doubt.
    features: { margin: 1 - 0.5 ** (equal - 1), pages: Math.min(1, equal / MAX_PAGES) },
    explains: `The field "${name}" is found by "${shownLocator(locator)}" now: ${equal} of ${known} documents show their own old values there${others}${absent}.`,
  };
}
