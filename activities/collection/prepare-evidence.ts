import { hash } from 'node:crypto';
import {
  nameEvidence,
  type EvidenceObject,
  type EvidencePlace,
} from '../../adapters/evidence/evidence-store.ts';
import { scrubBody } from '../../adapters/evidence/scrub-body.ts';
import type { EvidenceFacts, NewEvidence } from '../../adapters/postgres/evidence-commit.ts';
import type { EvidenceSide } from '../../workflows/repair/evidence-choice.ts';
import { groupOf, type StagedPage } from './stage-evidence.ts';

/** A row and the objects that it is about; secrets are taken out of all of it. */
export interface PreparedPage extends NewEvidence {
  readonly uploads: readonly {
    readonly object: EvidenceObject;
    readonly body: Buffer;
    readonly contentType: string;
  }[];
}

export interface PageRole {
  readonly role: 'good' | 'failing';
  readonly side: EvidenceSide;
  readonly place: EvidencePlace;
  readonly run: string;
  readonly redact: (text: string) => string;
}

/** Cuts and scrubs a page, and names it by its content. */
export function preparePage(page: StagedPage, how: PageRole): PreparedPage {
  const { role, side, place, run, redact } = how;
  const { body, contentType, cut } = bodyOf(page, redact);
  const values = valuesOf(page, redact);
  const bodyObject = nameEvidence(place, side, body);
  const valuesObject = nameEvidence(place, side, values);
  const shas = { bodySha256: bodyObject.sha256, valuesSha256: valuesObject.sha256 };
  const { docHash, shape } = page;
  const name = [role, docHash, bodyObject.key, valuesObject.key, role === 'failing' ? run : ''];
  return {
    page: hash('sha256', JSON.stringify(name)),
    role,
    docHash,
    docId: redact(page.id),
    side,
    bucket: place.bucket,
    bodyKey: bodyObject.key,
    valuesKey: valuesObject.key,
    shape,
    facts: { ...factsOf(page, how), contentType, ...shas, ...(cut ? { cut } : {}) },
    uploads: [
      { object: bodyObject, body, contentType },
      { object: valuesObject, body: values, contentType: 'application/json' },
    ],
  };
}

const MAX_BODY_BYTES = 5 * 1024 * 1024;
const MAX_VALUES_BYTES = 1024 * 1024;

function bodyOf(
  { answer }: StagedPage,
  redact: (text: string) => string,
): { body: Buffer; contentType: string; cut?: EvidenceFacts['cut'] } {
  const { body, headers, rendered } = answer;
  const said = headers['content-type'] ?? '';
  const whole = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const contentType = redact((rendered ? 'text/html; charset=utf-8' : said).slice(0, 200));
  const clean = scrubBody({ body: whole, contentType }, redact);
  if (clean.body.length <= MAX_BODY_BYTES) return clean;
  const droppedBytes = clean.body.length - MAX_BODY_BYTES;
  const sha256 = hash('sha256', clean.body);
  return {
    ...clean,
    body: clean.body.subarray(0, MAX_BODY_BYTES),
    cut: { droppedBytes, sha256 },
  };
}

/** What was found, with what had been looked for, as JSON; records beyond a megabyte are left out, and the JSON says how many. */
function valuesOf({ extraction, spec }: StagedPage, redact: (text: string) => string): Buffer {
  const { records = [], misses = [], violations = [], served = {} } = extraction ?? {};
  // What was tried is long, and the same each time it is missed.
  const short = misses.slice(0, MAX_MISSES);
  const base = {
    v: 1,
    spec: spec ?? null,
    misses: short,
    violations: violations.slice(0, MAX_MISSES),
    served,
  };
  for (let kept = records.length; ; kept = Math.floor(kept / 2)) {
    const dropped = records.length - kept;
    const cut = dropped > 0 ? { droppedRecords: dropped } : {};
    const text = redact(JSON.stringify({ ...base, records: records.slice(0, kept), ...cut }));
    if (Buffer.byteLength(text) <= MAX_VALUES_BYTES || kept === 0) return Buffer.from(text);
  }
}

const MAX_MISSES = 200;

function factsOf(
  { url, answer, failure, extraction, ...page }: StagedPage,
  { role, redact }: PageRole,
): Omit<EvidenceFacts, 'contentType' | 'bodySha256' | 'valuesSha256'> {
  const { finalUrl, status, headers, rendered } = answer;
  const required = extraction?.misses.filter((miss) => miss.required) ?? [];
  const fields = [...new Set(required.map((miss) => miss.field ?? ''))].toSorted();
  const failing = {
    failure: failure?.name ?? 'SelectorMissing',
    detail: storable(redact(failure?.detail ?? '')).slice(0, 500),
    fields,
    group: groupOf({
      ...page,
      url,
      ...(failure ? { failure } : {}),
      ...(extraction ? { extraction } : {}),
    }),
  };
  return {
    url: storable(redact(url)),
    finalUrl: storable(redact(finalUrl)),
    status,
    headers: harmless(headers, redact),
    rendered,
    ...(role === 'failing' ? failing : {}),
  };
}

function harmless(
  headers: Readonly<Record<string, string>>,
  redact: (text: string) => string,
): Readonly<Record<string, string>> {
  const shown = Object.entries(headers).filter(([name]) => !PRIVATE.test(name));
  return Object.fromEntries(
    shown
      .slice(0, MAX_HEADERS)
      .map(([name, value]) => [storable(name), storable(redact(value)).slice(0, 500)]),
  );
}

const PRIVATE = /cookie|authorization|authenticat|token|secret|api-?key|session|csrf|xsrf/i;
const MAX_HEADERS = 40;

/** PostgreSQL takes neither NUL nor half a character. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
