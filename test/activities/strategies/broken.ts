import { expandExtraction, ExtractionConfig } from '../../../adapters/extraction/spec.ts';
import { readings } from '../../../adapters/extraction/readings.ts';
import { decodeText } from '../../../adapters/extraction/charset.ts';
import type {
  EvidencePage,
  EvidenceView,
  GoodSample,
} from '../../../activities/strategies/contract.ts';
import type { CandidateEvidence } from '../../../activities/strategies/candidate.ts';
import type { ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import type { FailureName } from '../../../workflows/failures.ts';

/** A body then and now, at one address. */
export interface BodyPair {
  readonly url: string;
  readonly before?: string;
  readonly now?: string;
  /** The bytes of `now`, with what the server says of them. */
  readonly bytes?: Uint8Array;
  readonly contentType?: string;
  readonly finalUrl?: string;
  readonly heldOut?: boolean;
}

export interface Breakage {
  /** As people write it below `extract:`. */
  readonly extract: unknown;
  readonly pages: readonly BodyPair[];
  readonly failure?: FailureName;
  /** Default: what is missing on the failing pages. */
  readonly failingFields?: readonly string[];
}

/** The spec of a source as it is in force. */
function specOf(extract: unknown): ExtractionSpec {
  return expandExtraction('shop', ExtractionConfig.parse(extract));
}

/** The evidence of a breakage: good samples read by the spec, failing pages with what it still yields. */
export function evidenceOf({
  extract,
  pages,
  failure,
  failingFields,
}: Breakage): CandidateEvidence {
  const spec = specOf(extract);
  const samples = pages.flatMap((pair) => sampleOf(pair, spec));
  const failing = pages.flatMap((pair) => {
    const text = pair.bytes ? decodeText(Buffer.from(pair.bytes), pair.contentType) : pair.now;
    if (text === undefined) return [];
    const page = { ...pageOf(pair, text), ...(pair.bytes ? { bytes: pair.bytes } : {}) };
    const { records, misses } = readings.data({ text, url: page.finalUrl, spec });
    return [{ ...page, records, misses }];
  });
  const missing = failing.flatMap(({ misses }) =>
    misses.filter(({ required }) => required).map(({ field = '' }) => field),
  );
  const view: EvidenceView = {
    failure: failure ?? 'SelectorMissing',
    spec,
    failingFields: failingFields ?? [...new Set(missing)].toSorted(),
    failing,
    good: samples.filter(({ heldOut }) => !heldOut).map(({ sample }) => sample),
  };
  return { view, heldOut: samples.filter(({ heldOut }) => heldOut).map(({ sample }) => sample) };
}

function sampleOf(
  pair: BodyPair,
  spec: ExtractionSpec,
): readonly { readonly sample: GoodSample; readonly heldOut: boolean }[] {
  if (pair.before === undefined) return [];
  const page = pageOf({ url: pair.url }, pair.before);
  const { records } = readings.data({ text: pair.before, url: pair.url, spec });
  return [{ sample: { ...page, records }, heldOut: pair.heldOut === true }];
}

function pageOf({ url, finalUrl = url, contentType }: BodyPair, body: string): EvidencePage {
  const isJson = /^\s*[[{]/u.test(body);
  const type = contentType ?? (isJson ? 'application/json' : 'text/html; charset=utf-8');
  return { url, finalUrl, status: 200, contentType: type, body };
}
