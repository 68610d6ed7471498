import { runExtractionSpec } from '../../../adapters/extraction/spec.ts';
import { failingFields } from '../../../activities/strategies/failing-fields.ts';
import type {
  EvidenceView,
  FailingPage,
  GoodSample,
  Proposal,
} from '../../../activities/strategies/contract.ts';
import { STRATEGIES } from '../../../activities/strategies/index.ts';
import type { Extraction, ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import { applyPatch } from '../../../workflows/repair/apply-patch.ts';
import type { DriftCase } from './cases.ts';
import { verdictOf } from './score.ts';
import type { Outcome } from './score.ts';

/** The whole way of a repair for one case: extract, notice, propose, patch, extract again. Nothing of the truth is shown on it. */
export async function repairCase(one: DriftCase): Promise<Outcome> {
  const startedAt = performance.now();
  const spec = specOf(one);
  const good = pageOf(one.goodPage, GOOD_URL);
  const sample: GoodSample = { ...good, records: extract(spec, one.goodPage).records };
  const now = extract(spec, one.brokenPage);
  const failing = failingFields(spec, sample, now);
  const found =
    failing.length === 0
      ? { because: 'Nothing is failing.' }
      : await propose(spec, one.brokenPage, sample, now, failing);
  const ms = performance.now() - startedAt;
  if (!('proposal' in found)) {
    return {
      case: one,
      verdict: verdictOf(one, false, []),
      values: valuesOf(now),
      because: found.because,
      ms,
    };
  }
  const { proposal, strategy, patched } = found;
  const values = valuesOf(extract(patched, one.brokenPage));
  return {
    case: one,
    verdict: verdictOf(one, true, values),
    values,
    strategy,
    css: JSON.stringify(proposal.patch[0]),
    confidence: proposal.features['probability'] ?? 1,
    ms,
  };
}

/** The address says nothing about whether both are the same document, since it is not known. */
const GOOD_URL = 'https://site.example/then';
const BROKEN_URL = 'https://site.example/now';
const FIELD = 'value';
const DEADLINE_MS = 10_000;

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

function extract(spec: ExtractionSpec, body: string): Extraction {
  return runExtractionSpec(spec, body, { url: BROKEN_URL, deadlineMs: DEADLINE_MS });
}

function valuesOf({ records }: Extraction): readonly string[] {
  const value = records[0]?.[FIELD];
  if (value === undefined) return [];
  return (typeof value === 'object' ? value : [value]).map(String);
}

type Found =
  | { readonly proposal: Proposal; readonly strategy: string; readonly patched: ExtractionSpec }
  | { readonly because: string };

/** The first in the order of the table, which is that of trust. */
async function propose(
  spec: ExtractionSpec,
  body: string,
  sample: GoodSample,
  now: Extraction,
  failingFieldNames: readonly string[],
): Promise<Found> {
  const failing: FailingPage = {
    ...pageOf(body, BROKEN_URL),
    records: now.records,
    misses: now.misses,
  };
  const view: EvidenceView = {
    failure: 'SelectorMissing',
    spec,
    failingFields: failingFieldNames,
    failing: [failing],
    good: [sample],
  };
  let because = 'No strategy handles this.';
  for (const strategy of STRATEGIES.filter(({ handles }) => handles.includes(view.failure))) {
    const {
      proposals: [proposal],
      abstains,
    } = await strategy.propose(view);
    because = abstains ?? because;
    if (proposal === undefined) continue;
    const applied = applyPatch(spec, proposal.patch);
    if ('spec' in applied) return { proposal, strategy: strategy.name, patched: applied.spec };
    because = applied.refused;
  }
  return { because };
}
