import { readBody, type ReadBody } from '../../../adapters/extraction/body.ts';
import type { PageDocument } from '../../../adapters/extraction/dom.ts';
import { parsePage } from '../../../adapters/extraction/dom.ts';
import { looksNestedTooDeeply } from '../../../adapters/extraction/nesting.ts';
import { runExtractionSpec } from '../../../adapters/extraction/run-spec.ts';
import type { Extraction, ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import type { EvidencePage, EvidenceView } from '../contract.ts';

/** A body, parsed once however often it is asked for; nothing of it when it must not be parsed. */
export function openPage(page: EvidencePage, spec: ExtractionSpec): ReadBody {
  const format = spec.decode?.format;
  const known = opened.get(page);
  if (known !== undefined && known.format === format) return known.read;
  const read = isTooDeep(page)
    ? { base: page.finalUrl, violations: [] }
    : readBody(page.body, page.finalUrl, { format, parse: parsedOnce(page) });
  opened.set(page, { format, read });
  return read;
}

/** What a spec extracts from a body; the tree of the page is kept for the next spec. */
export function readPage(page: EvidencePage, spec: ExtractionSpec): Extraction {
  if (isTooDeep(page)) return NOTHING;
  const options = { url: page.finalUrl, deadlineMs: PAGE_DEADLINE_MS, parse: parsedOnce(page) };
  return runExtractionSpec(spec, page.body, options);
}

/** Is any failing page without records? */
export function isListMissing(view: EvidenceView): boolean {
  return view.failing.some((page) => readPage(page, view.spec).records.length === 0);
}

const PAGE_DEADLINE_MS = 5_000;
const NOTHING: Extraction = { records: [], served: {}, misses: [], violations: [] };

/** By the object of the page: gone with it, so this holds no memory of its own. */
const opened = new WeakMap<
  EvidencePage,
  { readonly format: 'html' | 'json' | undefined; readonly read: ReadBody }
>();
const trees = new WeakMap<EvidencePage, PageDocument>();
const deep = new WeakMap<EvidencePage, boolean>();

function parsedOnce(page: EvidencePage): (html: string) => PageDocument {
  return (html) => {
    const tree = trees.get(page) ?? parsePage(html);
    trees.set(page, tree);
    return tree;
  };
}

/** JSON nests in brackets, which cost nothing. */
function isTooDeep(page: EvidencePage): boolean {
  const known = deep.get(page);
  if (known !== undefined) return known;
  const { body } = page;
  const found = !/^\s*[[{]/u.test(body.slice(0, 1000)) && looksNestedTooDeeply(body);
  deep.set(page, found);
  return found;
}
