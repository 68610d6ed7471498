import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';
import type {
  ExtractedRecord,
  ExtractionSpec,
} from '../../../workflows/collection/extraction-spec.ts';
import type { SpecPatch } from '../../../workflows/repair/patch.ts';
import type { EvidencePage, EvidenceView } from '../contract.ts';
import { readPage } from '../evidence/pages.ts';
import { sameValue } from '../evidence/same-value.ts';
import { joinRecords } from '../evidence/join.ts';
import { usualCount } from './known-records.ts';

/** Runs the patched spec on every page of the evidence. The first thing that speaks against it, as a sentence. */
export function objectionToList(view: EvidenceView, patch: SpecPatch): string | undefined {
  const patched = patchedSpec(view.spec, patch);
  if ('refused' in patched) return patched.refused;
  for (const page of view.failing.slice(0, MAX_PAGES)) {
    const because = onFailing(view, page, patched.spec);
    if (because !== undefined) return because;
  }
  const changed = view.good.slice(0, MAX_PAGES).find((sample) => {
    const { records } = readPage(sample, patched.spec);
    return !isSameList(records, sample.records, view.spec);
  });
  return changed && `The good page "${changed.url}" would be read otherwise than before.`;
}

/** Is the number of records one that the list may have? */
export function isPlausibleCount(view: EvidenceView, page: EvidencePage, count: number): boolean {
  const usual = usualCount(view, page);
  return count >= LEAST_COUNT * usual && count <= MOST_COUNT * usual + 1;
}

const MAX_PAGES = 6;
const LEAST_COUNT = 0.6;
const MOST_COUNT = 1.8;
const LEAST_EQUAL = 0.85;

function onFailing(
  view: EvidenceView,
  page: EvidencePage,
  spec: ExtractionSpec,
): string | undefined {
  const { records, misses, violations } = readPage(page, spec);
  if (!isPlausibleCount(view, page, records.length))
    return `"${page.url}" would have ${records.length} records, which are too few or too many.`;
  if (misses.some(({ required }) => required))
    return `Records of "${page.url}" would lack a required field.`;
  if (violations.length > 0) return `Values of "${page.url}" would not be what the spec expects.`;
  const pairs = joinRecords(spec, view.good, [{ url: page.url, records }]);
  const broken = Object.entries(spec.fields).find(([name, { stable, type }]) => {
    const both = pairs.filter(
      ({ before, now }) => before[name] !== undefined && now[name] !== undefined,
    );
    const equal = both.filter(({ before, now }) =>
      sameValue(before[name] ?? '', now[name] ?? '', type),
    );
    return stable && equal.length < LEAST_EQUAL * both.length;
  });
  return broken && `The field "${broken[0]}" of known records would have other values.`;
}

function isSameList(
  now: readonly ExtractedRecord[],
  before: readonly ExtractedRecord[],
  { fields }: ExtractionSpec,
): boolean {
  return (
    now.length === before.length &&
    before.every((record, at) =>
      Object.entries(fields).every(([name, { type }]) => {
        const [old, value] = [record[name], now[at]?.[name]];
        if (old === undefined || value === undefined) return old === undefined;
        return sameValue(old, value, type);
      }),
    )
  );
}
