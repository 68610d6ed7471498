import { readPage } from '../../../activities/strategies/evidence/pages.ts';
import { findCandidates } from '../../../activities/strategies/candidates.ts';
import type {
  EvidenceView,
  FailingPage,
  GoodSample,
} from '../../../activities/strategies/contract.ts';
import { failingFields } from '../../../activities/strategies/failing-fields.ts';
import type {
  ExtractedRecord,
  ExtractionSpec,
} from '../../../workflows/collection/extraction-spec.ts';
import type { DriftCase } from './cases.ts';
import { verdictOf } from './score.ts';
import type { Outcome } from './score.ts';

/** The whole way of a repair for one case: extract, notice, propose, choose, patch, extract again. Nothing of the truth is shown on it. */
export async function repairCase(one: DriftCase): Promise<Outcome> {
  const startedAt = performance.now();
  const spec = specOf(one);
  const view = lookAtBoth(one, spec);
  const left = {
    case: one,
    verdict: verdictOf(one, false, []),
    values: valuesOf(view.failing[0]?.records ?? []),
  };
  if (view.failingFields.length === 0) {
    return { ...left, because: 'Nothing is failing.', ms: performance.now() - startedAt };
  }
  const { candidates, abstained, failed } = await findCandidates({ view, heldOut: [] });
  const ms = performance.now() - startedAt;
  const [best] = candidates;
  const [page] = view.failing;
  if (best === undefined || page === undefined) {
    const reasons = [
      ...failed.map(({ because }) => because),
      ...abstained.map(({ because }) => because),
    ];
    return { ...left, because: reasons.slice(0, 2).join(' '), ms };
  }
  const values = valuesOf(readPage(page, best.spec).records);
  return {
    case: one,
    verdict: verdictOf(one, true, values),
    values,
    strategy: best.strategies.join('+'),
    css: JSON.stringify(best.spec.fields[FIELD]?.locators[0]),
    confidence: best.margin ?? 0,
    ms,
  };
}

/** The address says nothing about whether both are the same document, since it is not known. */
const GOOD_URL = 'https://site.example/then';
const BROKEN_URL = 'https://site.example/now';
const FIELD = 'value';

function lookAtBoth({ goodPage, brokenPage }: DriftCase, spec: ExtractionSpec): EvidenceView {
  const good = pageOf(goodPage, GOOD_URL);
  const broken = pageOf(brokenPage, BROKEN_URL);
  const now = readPage(broken, spec);
  const sample: GoodSample = Object.assign(good, { records: readPage(good, spec).records });
  const failing: FailingPage = Object.assign(broken, { records: now.records, misses: now.misses });
  return {
    failure: 'SelectorMissing',
    spec,
    failingFields: failingFields(spec, sample, broken, now),
    failing: [failing],
    good: [sample],
  };
}

function specOf({ selector, list }: DriftCase): ExtractionSpec {
  return {
    v: 1,
    source: 'drift',
    fields: {
      [FIELD]: {
        type: 'text',
        cardinality: list ? 'many' : 'one',
        required: true,
        stable: false,
        locators: [{ css: selector }],
      },
    },
  };
}

function pageOf(body: string, url: string): Omit<GoodSample, 'records'> {
  return { url, finalUrl: url, status: 200, contentType: 'text/html; charset=utf-8', body };
}

function valuesOf([record]: readonly ExtractedRecord[]): readonly string[] {
  const value = record?.[FIELD];
  if (value === undefined) return [];
  return (typeof value === 'object' ? value : [value]).map(String);
}
