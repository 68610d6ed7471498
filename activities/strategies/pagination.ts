import { select, type PageDocument, type PageElement } from '../../adapters/extraction/dom.ts';
import { elementText } from '../../adapters/extraction/element-text.ts';
import type { ExtractionSpec, Locator } from '../../workflows/collection/extraction-spec.ts';
import type { EvidencePage, EvidenceView, Strategy } from './contract.ts';
import { answerOf } from './evidence/answer.ts';
import { shownLocator } from './evidence/in-front.ts';
import { leavesOf } from './evidence/leaves.ts';
import { openPage, readPage } from './evidence/pages.ts';

/** The link to the following page, or its token, was moved or renamed: a list that was long is one page now. */
export const pagination: Strategy = {
  name: 'pagination',
  family: 'transport',
  handles: ['SelectorMissing', 'SchemaDrift', 'ContentShrank', 'EmptyResult'],
  async propose(view) {
    const { next } = view.spec;
    if (next === undefined) return answerOf([], ['The source follows no pages.']);
    const lost = view.failing.slice(0, MAX_PAGES).filter((page) => lacksNext(page, view));
    if (lost.length === 0) return answerOf([], ['The following page is found where it was.']);
    const tokens = next.parameter !== undefined;
    const locators = unique(lost.flatMap((page) => placesOn(page, view, tokens)));
    const trials = locators
      .slice(0, MAX_TRIALS)
      .map((locator) => trial(view, lost, locator))
      .filter(({ proved }) => proved > 0)
      .toSorted((a, b) => b.proved - a.proved);
    const [best] = trials;
    if (best === undefined) {
      return answerOf([], ['No link and no value of the failing pages is proved to lead on.']);
    }
    const rival = trials.find(({ signature }) => signature !== best.signature);
    if (rival !== undefined && rival.proved >= best.proved) {
      return answerOf(
        [],
        [
          `Two places may lead on: ${shownLocator(best.locator)} and ${shownLocator(rival.locator)}.`,
        ],
      );
    }
    const margin = rival === undefined ? 1 : 1 - rival.proved / best.proved;
    const path = '/next/locators/0';
    return answerOf(
      [
        {
          patch: [{ op: 'add', path, value: best.locator }],
          features: { margin, proved: Math.min(1, best.proved / 3) },
          explains: `The following page is at ${shownLocator(best.locator)}: ${best.why}.`,
        },
      ],
      [],
    );
  },
};

const MAX_PAGES = 5;
const MAX_TRIALS = 16;
const MAX_LINKS = 2_000;
/** A list has one link onwards, above it or below it. */
const MAX_NAMED = 3;

/** Without a following page, where its own earlier self, or another page of the list, had one. */
function lacksNext(page: EvidencePage, view: EvidenceView): boolean {
  if (readPage(page, view.spec).next !== undefined) return false;
  const twin = view.good.find(({ url }) => url === page.url);
  const known = twin === undefined ? view.good : [twin];
  return known.some((sample) => readPage(sample, view.spec).next !== undefined);
}

interface Trial {
  readonly locator: Locator;
  /** 0: not proved at all. */
  readonly proved: number;
  readonly why: string;
  readonly signature: string;
}

function trial(view: EvidenceView, lost: readonly EvidencePage[], locator: Locator): Trial {
  const spec = onlyNext(view.spec, locator);
  const steps = lost.map((page) => ({ page, next: readPage(page, spec).next }));
  const signature = JSON.stringify(steps.map(({ next }) => next ?? null));
  const disproved = { locator, proved: 0, why: '', signature };
  const known = view.good.map((sample) => ({ sample, next: readPage(sample, view.spec).next }));
  // On a good body it leads where the old place led, or nowhere.
  if (known.some(({ sample, next }) => leadsElsewhere(sample, next, spec))) return disproved;
  if (steps.some(({ page, next }) => next === undefined || !isStep(page, next))) return disproved;
  if (new Set(steps.map(({ next }) => next)).size < steps.length || isLoop(steps)) return disproved;
  if (steps.some(({ page, next }) => sharesRecords(view, page, next))) return disproved;
  const same = steps.filter(({ page, next }) =>
    known.some((one) => one.sample.url === page.url && one.next === next),
  );
  if (same.length > 0) {
    const why = `${same.length} of ${steps.length} pages lead where they led before`;
    return { locator, proved: 1 + same.length, why, signature };
  }
  const forms = new Set(known.flatMap(({ next }) => (next === undefined ? [] : [formOf(next)])));
  const isKnown = steps.every(({ next }) => next !== undefined && forms.has(formOf(next)));
  if (!isKnown) return disproved;
  return { locator, proved: 1, why: 'its address has the form of those before', signature };
}

function onlyNext(spec: ExtractionSpec, locator: Locator): ExtractionSpec {
  const { next, records: _records, ...rest } = spec;
  return { ...rest, fields: {}, ...(next ? { next: { ...next, locators: [locator] } } : {}) };
}

function leadsElsewhere(
  sample: EvidencePage,
  before: string | undefined,
  spec: ExtractionSpec,
): boolean {
  const now = readPage(sample, spec).next;
  return now !== undefined && now !== before;
}

/** To another page of the same host, and forwards: a number that both addresses have at the same place only grows. */
function isStep({ finalUrl }: EvidencePage, next: string): boolean {
  const [here, there] = [URL.parse(finalUrl), URL.parse(next)];
  if (here === null || there === null || here.host !== there.host) return false;
  if (here.href.replace(/#.*$/u, '') === there.href.replace(/#.*$/u, '')) return false;
  for (const [name, value] of there.searchParams) {
    const before = here.searchParams.get(name);
    if (isNumber(value) && isNumber(before) && Number(value) < Number(before)) return false;
  }
  const [old, now] = [numbersIn(here.pathname), numbersIn(there.pathname)];
  return old.length !== now.length || old.every((number, at) => (now[at] ?? 0) >= number);
}

function isNumber(text: string | null): boolean {
  return text !== null && /^\d{1,12}$/u.test(text);
}

function numbersIn(text: string): readonly number[] {
  return (text.match(/\d{1,12}/gu) ?? []).map(Number);
}

function isLoop(
  steps: readonly { readonly page: EvidencePage; readonly next: string | undefined }[],
): boolean {
  const following = new Map(steps.map(({ page, next }) => [page.finalUrl, next]));
  return steps.some(({ page }) => {
    let at = following.get(page.finalUrl);
    for (let count = 0; at !== undefined && count < steps.length; count += 1) {
      if (at === page.finalUrl) return true;
      at = following.get(at);
    }
    return at !== undefined;
  });
}

/** Where the page that it leads to is known, its records are others. */
function sharesRecords(view: EvidenceView, page: EvidencePage, next: string | undefined): boolean {
  const target = view.failing.find(({ url, finalUrl }) => url === next || finalUrl === next);
  if (target === undefined) return false;
  const here = new Set(readPage(page, view.spec).records.map((one) => JSON.stringify(one)));
  const there = readPage(target, view.spec).records.map((one) => JSON.stringify(one));
  return there.some((one) => here.has(one));
}

/** An address with its numbers and its token taken out. */
function formOf(address: string): string {
  const url = URL.parse(address);
  if (url === null) return address;
  const names = [...url.searchParams.keys()].toSorted().join('&');
  return `${url.host}${url.pathname.replaceAll(/\d+/gu, '#')}?${names}`;
}

function placesOn(page: EvidencePage, view: EvidenceView, tokens: boolean): readonly Locator[] {
  const opened = openPage(page, view.spec).page;
  if (opened === undefined) return [];
  if (opened.document === undefined) return payloadPlaces(opened.payload, tokens);
  return tokens ? [] : linkPlaces(opened.document);
}

const NEXT_KEY = /(?:next|continuation|cursor|after)/iu;
const PREVIOUS_KEY = /(?:prev|before|first|last|self)/iu;

function payloadPlaces(payload: unknown, tokens: boolean): readonly Locator[] {
  return [...leavesOf(payload)].flatMap(([json, values]) => {
    const [value] = values;
    const isNamed = NEXT_KEY.test(json) && !PREVIOUS_KEY.test(json);
    const isAddress = typeof value === 'string' && /^(?:https?:|[/?])/u.test(value);
    const fits = tokens ? !isAddress && typeof value !== 'boolean' : isAddress;
    return values.length === 1 && isNamed && fits ? [{ json }] : [];
  });
}

function linkPlaces(document: PageDocument): readonly Locator[] {
  const fixed = ['a[rel~="next" i]', 'link[rel~="next" i]'];
  const links = select(document, 'a[href]', MAX_LINKS) ?? [];
  const named = links.filter(isNextLink).slice(0, MAX_NAMED).flatMap(selectorsOf);
  const there = [...fixed, ...AFTER_CURRENT].filter(
    (css) => (select(document, css, 1) ?? []).length > 0,
  );
  return [...new Set([...there, ...named])].map((css) => ({ css }));
}

/** The link after the one of the page that is shown. */
const AFTER_CURRENT = [
  '[aria-current="page"] + a[href]',
  'li:has([aria-current="page"]) + li a[href]',
  'li[aria-current="page"] + li a[href]',
];

/** What such links say in the languages of most of the web; compared whole, without case, arrows and digits. */
const WORDS: ReadonlySet<string> = new Set([
  'next',
  'next page',
  'go to next page',
  'next results',
  'older',
  'older posts',
  'older entries',
  'more results',
  'weiter',
  'nächste',
  'nächste seite',
  'suivant',
  'suivante',
  'page suivante',
  'siguiente',
  'página siguiente',
  'próxima',
  'próximo',
  'seguinte',
  'successivo',
  'pagina successiva',
  'avanti',
  'volgende',
  'następna',
  'nästa',
  'næste',
  'neste',
  'seuraava',
  'další',
  'следующая',
  'далее',
  'вперед',
  'sonraki',
  '次へ',
  '次',
  '次のページ',
  '下一页',
  '下一頁',
  '下页',
  '다음',
  'التالي',
  'הבא',
]);
const ARROWS = /^[›»→▶❯>⟩]+$/u;

function isNextLink(link: PageElement): boolean {
  const texts = [
    link.getAttribute('aria-label'),
    link.getAttribute('title'),
    elementText(link, 20),
  ];
  return texts.some((text) => {
    const bare = (text ?? '').slice(0, 60).trim().toLowerCase();
    if (ARROWS.test(bare)) return bare.length <= 1 || bare === '>>' || bare === '»';
    return WORDS.has(
      bare
        .replaceAll(/[^\p{L}\p{M} ]+/gu, ' ')
        .replaceAll(/\s+/gu, ' ')
        .trim(),
    );
  });
}

/** Steady ways to name a link: by its label, its id, its class, or the class of what is around it. */
function selectorsOf(link: PageElement): readonly string[] {
  const found: string[] = [];
  for (const name of ['aria-label', 'title', 'data-testid']) {
    const value = link.getAttribute(name);
    if (value !== null && /^[^"\\\n]{1,80}$/u.test(value)) found.push(`a[${name}="${value}"]`);
  }
  found.push(...marks(link).map((mark) => `a${mark}`));
  const parent = link.parentElement;
  const outer = parent?.parentElement;
  if (parent) found.push(...marks(parent).map((mark) => `${mark} > a[href]`));
  if (outer) found.push(...marks(outer).map((mark) => `${mark} > * > a[href]`));
  return found;
}

/** Names that a person gave; those that a build tool numbers change with the next build. */
function marks(element: PageElement): readonly string[] {
  const id = element.getAttribute('id') ?? '';
  const names = (element.getAttribute('class') ?? '').split(/\s+/u).slice(0, 5);
  const good = (name: string): boolean => /^[a-z][a-z_-]{2,40}$/iu.test(name);
  return [...(good(id) ? [`#${id}`] : []), ...names.filter(good).map((name) => `.${name}`)];
}

function unique(locators: readonly Locator[]): readonly Locator[] {
  return [...new Map(locators.map((one) => [JSON.stringify(one), one])).values()];
}
