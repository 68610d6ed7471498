import { select } from '../../../adapters/extraction/dom.ts';
import type {
  CssLocator,
  ExtractionSpec,
  FieldSpec,
  Locator,
} from '../../../workflows/collection/extraction-spec.ts';
import type { EvidencePage } from '../contract.ts';
import { commonContainer, lookAt, textsElsewhere } from './aim.ts';
import type { Aim } from './features.ts';
import { titleLikeness } from './features.ts';
import { factsOf } from './page-facts.ts';
import type { PageFacts } from './page-facts.ts';
import { openPage } from '../evidence/pages.ts';
import { mapPage } from './page-map.ts';

/** A page with all that was found out about it; once for each body, however many strategies and fields ask. */
export function openFacts(page: EvidencePage, spec: ExtractionSpec): PageFacts | undefined {
  const there = known.get(page);
  if (there !== undefined) return there.facts;
  const document =
    page.body.length > MAX_CHARACTERS ? undefined : openPage(page, spec).page?.document;
  const map = document === undefined ? undefined : mapPage(document);
  const facts = map === undefined ? undefined : factsOf(map);
  known.set(page, { facts });
  return facts;
}

const MAX_CHARACTERS = 6 * 1024 * 1024;

/** Goes when the page goes. */
const known = new WeakMap<EvidencePage, { readonly facts: PageFacts | undefined }>();

/** What the field's elements were on a page on which its locators worked. Undefined when no selector found them there. */
export function aimAt(page: PageFacts, field: FieldSpec): Aim | undefined {
  const there = aims.get(page)?.get(field);
  if (there !== undefined) return there;
  const aim = lookFor(page, field);
  if (aim === undefined) return undefined;
  const ofPage = aims.get(page) ?? new Map<FieldSpec, Aim>();
  aims.set(page, ofPage.set(field, aim));
  return aim;
}

const aims = new WeakMap<PageFacts, Map<FieldSpec, Aim>>();

function lookFor(page: PageFacts, field: FieldSpec): Aim | undefined {
  const locator = field.locators
    .filter(isSelector)
    .find(({ css }) => (select(page.map.document, css, 1) ?? []).length > 0);
  if (locator === undefined) return undefined;
  const found = (select(page.map.document, locator.css, MAX_MEMBERS) ?? []).flatMap(
    (element) => page.places.get(element) ?? [],
  );
  const filled = found.filter((place) => page.item(place).bare !== '');
  const members = field.cardinality === 'one' ? filled.slice(0, 1) : filled;
  const container = commonContainer(members);
  if (members.length === 0 || container === undefined) return undefined;
  const look = lookAt(page, members, container);
  const [first] = members;
  return {
    look,
    elsewhere: textsElsewhere(page, members),
    titled:
      members.length === 1 && first !== undefined
        ? titleLikeness(page.item(first).words, page.title)
        : 0,
  };
}

const MAX_MEMBERS = 300;

/** Attributes are found with their elements by other strategies; a text is what can be compared. */
function isSelector(locator: Locator): locator is CssLocator {
  return 'css' in locator && locator.attr === undefined && locator.css !== ':scope';
}
