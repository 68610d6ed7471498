import { select, type PageDocument } from '../../adapters/extraction/dom.ts';
import { structuredItems } from '../../adapters/extraction/structured-data.ts';
import type { Locator } from '../../workflows/collection/extraction-spec.ts';
import { isMap } from '../../workflows/is-map.ts';
import type { EvidencePage, EvidenceView, Proposal, Strategy, StrategyAnswer } from './contract.ts';
import { answerOf, answerOfFields, type FieldFinding } from './evidence/answer.ts';
import { failingFields } from './evidence/failing-fields.ts';
import { inFront, shownLocator } from './evidence/in-front.ts';
import { leavesOf, type Scalar } from './evidence/leaves.ts';
import { nameSimilarity, splitPath } from './evidence/names.ts';
import { expectedPresence, proveLocator, type Proof } from './evidence/proof.ts';
import { findRecordList, type Root } from './evidence/record-lists.ts';
import { isListMissing, openPage } from './evidence/pages.ts';
import { bareValue } from './evidence/same-value.ts';

/** The visible page lost a field that its own structured data still states: JSON-LD, microdata, embedded JSON, OpenGraph, meta tags. */
export const structuredData: Strategy = {
  name: 'structured-data',
  family: 'structured',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
  async propose(view) {
    if (view.spec.records !== undefined && isListMissing(view)) return listAnswer(view);
    const fields = failingFields(view);
    if (fields.length === 0) return answerOf([], ['No single field fails.']);
    const places = view.failing.slice(0, MAX_PAGES).flatMap((page) => placesOn(page, view));
    if (places.length === 0) return answerOf([], ['The failing pages carry no structured data.']);
    const findings = fields.map((name) => fixField(view, name, unique(places)));
    return answerOfFields(findings);
  },
};

/** A list that stood in elements stands in a script now: each of its records is an object there. */
function listAnswer(view: EvidenceView): StrategyAnswer {
  const roots = view.failing.slice(0, MAX_PAGES).flatMap((page, at) => rootsOn(page, view, at));
  if (roots.length === 0) return answerOf([], ['The failing pages carry no structured data.']);
  const { proposal, because } = findRecordList(view, roots);
  return answerOf(proposal === undefined ? [] : [proposal], [because ?? '']);
}

function rootsOn(page: EvidencePage, view: EvidenceView, at: number): readonly Root[] {
  const document = openPage(page, view.spec).page?.document;
  if (document === undefined) return [];
  const items = (['json-ld', 'microdata'] as const).flatMap((structured) =>
    [...byType(structuredItems(document, structured))].map(([type, value]) => ({
      page: at,
      value,
      locate: (path: string) => ({ structured, type, path }),
    })),
  );
  const states = statesOn(document).flatMap(({ named, items: values }) =>
    values.map((value) => ({
      page: at,
      value,
      locate: (path: string) => ({ structured: 'embedded-json' as const, ...named, path }),
    })),
  );
  return [...items, ...states];
}

function byType(items: readonly unknown[]): ReadonlyMap<string, readonly unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items.slice(0, MAX_LISTED)) {
    const type = typeOf(item);
    if (type !== undefined) found.set(type, [...(found.get(type) ?? []), item]);
  }
  return found;
}

function typeOf(item: unknown): string | undefined {
  const type = isMap(item) ? [item['@type']].flat()[0] : undefined;
  return typeof type === 'string' && type !== '' && type.length <= 200 ? type : undefined;
}

const MAX_LISTED = 1_000;

interface Place {
  readonly locator: Locator;
  /** Position of its vocabulary: the lower, the steadier. */
  readonly rank: number;
  readonly name: string;
  readonly values: readonly Scalar[];
}

const MAX_PAGES = 3;
const MAX_PLACES = 12;

function fixField(view: EvidenceView, name: string, places: readonly Place[]): FieldFinding {
  const likely = mostLikely(view, name, places);
  const proved = likely
    .map((place) => ({ ...place, proof: proveLocator(view, name, place.locator) }))
    .filter((place) => isBelievable(view, name, place))
    .toSorted((a, b) => strength(b.proof) - strength(a.proof) || a.rank - b.rank);
  const [best] = proved;
  if (best === undefined) {
    return { because: `No structured data of the failing pages is proved to be "${name}".` };
  }
  const rival = proved.find(({ proof }) => proof.signature !== best.proof.signature);
  const margin = rival === undefined ? 1 : 1 - strength(rival.proof) / strength(best.proof);
  if (margin < MIN_MARGIN) {
    return {
      because: `Two places of structured data may be "${name}": ${shownLocator(best.locator)} and ${shownLocator(rival?.locator ?? best.locator)}.`,
    };
  }
  return { proposal: proposalOf(name, best, margin) };
}

const MIN_MARGIN = 0.25;

function proposalOf(
  name: string,
  { locator, proof }: Place & { readonly proof: Proof },
  margin: number,
): Proposal {
  const { equal, different, goodEqual } = proof;
  const why =
    equal > 0
      ? `${equal} of ${equal + different} known documents have their old value there`
      : goodEqual > 0
        ? `it held the right value on ${goodEqual} good pages`
        : 'its name and the look of its values agree';
  return {
    patch: [inFront(name, locator)],
    features: { margin, presence: proof.presence, likeness: proof.likeness },
    explains: `"${name}" stands in the structured data of the page (${shownLocator(locator)}): ${why}.`,
  };
}

/** Places that held an old value, then places whose name says what they are. */
function mostLikely(view: EvidenceView, name: string, places: readonly Place[]): readonly Place[] {
  const type = view.spec.fields[name]?.type ?? 'text';
  const old = new Set(
    view.good
      .flatMap(({ records }) => records.flatMap((record) => record[name] ?? []))
      .map((value) => bareValue(value as string, type)),
  );
  return places
    .map((place) => {
      const known = place.values.some((value) => old.has(bareOf(value, type)));
      return { place, score: (known ? 2 : 0) + nameSimilarity(name, place.name) };
    })
    .filter(({ score }) => score >= 0.5)
    .toSorted((a, b) => b.score - a.score || a.place.rank - b.place.rank)
    .slice(0, MAX_PLACES)
    .map(({ place }) => place);
}

/** Payloads write dates and numbers their own way; the proof reads them properly, this only chooses what to prove. */
function bareOf(value: Scalar, type: Parameters<typeof bareValue>[1]): string {
  const bare = bareValue(value, type);
  return ['number', 'integer'].includes(type) ? String(Number(bare)) : bare;
}

function isBelievable(
  view: EvidenceView,
  name: string,
  { proof, name: called }: Place & { readonly proof: Proof },
): boolean {
  const { equal, different, telling, goodEqual, goodDifferent, goodTelling } = proof;
  if (proof.presence < expectedPresence(view, name) || proof.likeness < 0.9) return false;
  if (goodDifferent > goodEqual * 0.05) return false;
  const mayChange = view.spec.fields[name]?.stable === false;
  if (different > 0 && (!mayChange || different > equal)) return goodTelling >= 2 && mayChange;
  if (equal > 0) return telling >= 1 || equal >= 3;
  if (goodTelling >= 2) return true;
  // Nothing to compare with: only where name, look and variety agree.
  return (
    nameSimilarity(name, called) >= 0.9 && proof.distinct >= 2 && view.good.length >= 2 && mayChange
  );
}

function strength({ equal, telling, goodEqual, goodTelling, likeness }: Proof): number {
  return (
    Math.min(equal, 3) +
    Math.min(telling, 3) +
    0.5 * Math.min(goodEqual + goodTelling, 6) +
    likeness
  );
}

function unique(places: readonly Place[]): readonly Place[] {
  const found = new Map<string, Place>();
  for (const place of places) {
    const key = JSON.stringify(place.locator);
    const known = found.get(key);
    found.set(key, known ? { ...known, values: [...known.values, ...place.values] } : place);
  }
  return [...found.values()];
}

function placesOn(page: EvidencePage, view: EvidenceView): readonly Place[] {
  const document = openPage(page, view.spec).page?.document;
  if (document === undefined) return [];
  return [
    ...itemPlaces(document, 'json-ld', 0),
    ...itemPlaces(document, 'microdata', 1),
    ...statePlaces(document),
    ...openGraphPlaces(document),
    ...metaPlaces(document),
  ];
}

function itemPlaces(
  document: PageDocument,
  structured: 'json-ld' | 'microdata',
  rank: number,
): readonly Place[] {
  const items = structuredItems(document, structured).filter(isMap).slice(0, MAX_ITEMS);
  return items.flatMap((item) => {
    const type = typeOf(item);
    const named = type === undefined ? {} : { type };
    return [...leavesOf(item, MAX_LEAVES)]
      .filter(([path]) => path !== '' && !path.startsWith('@graph') && !path.startsWith('["@'))
      .map(([path, values]) => place({ structured, ...named, path }, rank, values));
  });
}

function statePlaces(document: PageDocument): readonly Place[] {
  return statesOn(document).flatMap(({ named, items }) =>
    items.flatMap((item) =>
      [...leavesOf(item, MAX_LEAVES)]
        .filter(([path]) => path !== '')
        .map(([path, values]) => place({ structured: 'embedded-json', ...named, path }, 2, values)),
    ),
  );
}

interface State {
  readonly named: { readonly type?: string };
  readonly items: readonly unknown[];
}

/** By the id of its script where there is one: without a name, the states of all scripts are one. */
function statesOn(document: PageDocument): readonly State[] {
  const scripts = select(document, 'script[type="application/json" i][id]', MAX_ITEMS) ?? [];
  const ids = scripts.map((script) => script.getAttribute('id') ?? '');
  const names = [...new Set(ids)].filter((id) => id !== '' && id.length <= 200);
  if (names.length === 0) {
    return [{ named: {}, items: structuredItems(document, 'embedded-json') }];
  }
  return names.map((type) => ({
    named: { type },
    items: structuredItems(document, 'embedded-json', type),
  }));
}

function openGraphPlaces(document: PageDocument): readonly Place[] {
  const metas = select(document, 'meta[property][content]', MAX_METAS) ?? [];
  return metas.flatMap((meta) => {
    const path = meta.getAttribute('property') ?? '';
    return path.includes(':') && path.length <= 200
      ? [place({ structured: 'open-graph', path }, 3, [meta.getAttribute('content') ?? ''])]
      : [];
  });
}

function metaPlaces(document: PageDocument): readonly Place[] {
  const metas = select(document, 'meta[content]', MAX_METAS) ?? [];
  return metas.flatMap((element) => {
    const meta = element.getAttribute('name') ?? element.getAttribute('itemprop') ?? '';
    return meta === '' || meta.length > 200
      ? []
      : [place({ meta }, 4, [element.getAttribute('content') ?? ''])];
  });
}

const MAX_ITEMS = 50;
const MAX_METAS = 300;
const MAX_LEAVES = 5_000;

function place(locator: Locator, rank: number, values: readonly Scalar[]): Place {
  const path = 'path' in locator ? locator.path : 'meta' in locator ? locator.meta : '';
  const [, key] = splitPath(path);
  const name = key === 'name' && path.includes('.') ? path.slice(0, -'.name'.length) : key;
  return { locator, rank, name, values: values.slice(0, MAX_ITEMS) };
}
