import { digestOf } from '../../adapters/definitions/digest.ts';
import type { RunReference } from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { FailureName } from '../../workflows/failures.ts';
import type { DetectorName } from '../../workflows/repair/detectors/finding.ts';
import { heals } from '../../workflows/repair/incident.ts';
import type { ReportedFailure } from '../../adapters/postgres/report-failure.ts';

export interface Broken {
  readonly run: Pick<RunReference, 'tenant' | 'source' | 'digest'> & { readonly runId?: string };
  readonly definition: SourceDefinition;
  /** Of the extraction; left out where the source has none. */
  readonly specDigest?: string;
  readonly finding: {
    readonly detector: DetectorName;
    readonly failure: FailureName;
    readonly fields: readonly string[];
    readonly because: string;
  };
  readonly atMs: number;
}

const MAX_BECAUSE = 1000;

/** A break in the one form that incidents know, with its fingerprint. */
export function failureOf({ run, definition, specDigest, finding, atMs }: Broken): ReportedFailure {
  const { tenant, source, digest: definitionDigest, runId } = run;
  const { detector, failure: name, fields, because } = finding;
  const spec = specDigest ?? definitionDigest;
  const host = hostOf(definition);
  return {
    v: 1,
    tenant,
    source,
    name,
    fingerprint: fingerprintOf({ tenant, source, name, fields, because, specDigest: spec }),
    ...(runId === undefined ? {} : { runId }),
    specDigest: spec,
    definitionDigest,
    detector,
    fields,
    because: because.slice(0, MAX_BECAUSE).toWellFormed(),
    atMs,
    heals: heals(definition),
    ...(host === undefined ? {} : { host }),
  };
}

export interface FingerprintParts {
  readonly tenant: string;
  readonly source: string;
  readonly name: FailureName;
  readonly fields: readonly string[];
  readonly because: string;
  readonly specDigest: string;
}

/** The same for the same break: by the fields that fail, or by the sentence without what differs from one occurrence to the next. */
export function fingerprintOf({
  tenant,
  source,
  name,
  fields,
  because,
  specDigest,
}: FingerprintParts): string {
  const what = fields.length > 0 ? fields.toSorted() : [withoutInstances(because)];
  return digestOf([tenant, source, name, fields.length > 0, what, specDigest]);
}

/** Takes quoted literals, addresses, times, ids, line numbers and counts out of a sentence. */
export function withoutInstances(text: string): string {
  return text
    .slice(0, MAX_BECAUSE)
    .replaceAll(/"[^"\n]*"/g, '"…"')
    .replaceAll(/\bhttps?:\/\/[^\s"'<>]+/gi, 'URL')
    .replaceAll(/\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| UTC)?)?/g, 'TIME')
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, 'ID')
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,64}\b/gi, 'ID')
    .replaceAll(/\d+(?:[.,:]\d+)*/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The host of a web source: of the first address that its definition names. */
function hostOf({ config }: SourceDefinition): string | undefined {
  const { urls, url } = config as { readonly urls?: unknown; readonly url?: unknown };
  const first: unknown = Array.isArray(urls) ? urls[0] : url;
  const address = typeof first === 'string' ? URL.parse(first) : null;
  return address === null || address.host === '' ? undefined : address.host;
}
