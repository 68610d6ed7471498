import type {
  Attempt,
  ExtractedRecord,
  Extraction,
  ExtractionSpec,
  FieldSpec,
  FieldValue,
  Locator,
  Miss,
  Service,
  Violation,
} from '../../workflows/collection/extraction-spec.ts';
import { readBody } from './body.ts';
import type { PageDocument } from './dom.ts';
import { breaches } from './expectations.ts';
import { MAX_VALUES } from './json-path.ts';
import { locate, locateRecords } from './locators.ts';
import type { Page, RecordScope } from './locators.ts';
import { nextPage } from './next-page.ts';
import { readValue } from './values.ts';

export interface RunOptions {
  /** Where the body came from, after redirects: relative addresses are resolved against it. */
  readonly url: string;
  /**
   * Time for one document. Looked at between fields, since one look-up cannot be interrupted: a caller that must stop a hostile page
   * at once runs this in a thread that it can end.
   */
  readonly deadlineMs: number;
  /** Gives the tree of a page; it is only read. Default: a new one. */
  readonly parse?: (html: string) => PageDocument;
}

/**
 * Reads a body by a spec. Total: no body, however broken, makes it throw; what is missing or odd is in `misses` and `violations`.
 * The same spec, body and URL give the same result, unless the deadline cut it short, which is a violation.
 */
export function runExtractionSpec(
  spec: ExtractionSpec,
  body: string,
  options: RunOptions,
): Extraction {
  const { page, base, violations } = readBody(body, options.url, {
    format: spec.decode?.format,
    parse: options.parse,
  });
  if (page === undefined) return { records: [], served: {}, misses: [], violations };
  const run = startRun(spec, { page, base }, options.deadlineMs);
  const scopes = recordScopes(spec.records, run);
  const records: ExtractedRecord[] = [];
  for (const [index, scope] of scopes.entries()) {
    const record = readRecord(run, scope, index);
    if (isExpired(run)) break;
    records.push(record);
  }
  const next = nextPage(spec.next, page, base);
  return {
    records,
    served: Object.fromEntries([...run.served].map(([name, counts]) => [name, services(counts)])),
    misses: run.misses,
    violations: [...violations, ...run.violations, ...cutShort(run, scopes.length, records.length)],
    ...(next === undefined ? {} : { next }),
  };
}

interface Run {
  readonly spec: ExtractionSpec;
  readonly page: Page;
  readonly base: string;
  /** On the clock of `performance.now()`. */
  readonly endsAt: number;
  readonly deadlineMs: number;
  readonly served: Map<string, Map<number, number>>;
  readonly misses: Miss[];
  readonly violations: Violation[];
}

function startRun(
  spec: ExtractionSpec,
  body: { readonly page: Page; readonly base: string },
  deadlineMs: number,
): Run {
  const endsAt = performance.now() + deadlineMs;
  return { spec, ...body, endsAt, deadlineMs, served: new Map(), misses: [], violations: [] };
}

function isExpired(run: Run): boolean {
  return performance.now() > run.endsAt;
}

/** Said only when records are missing for it, so that a slow but whole reading stays the same as a fast one. */
function cutShort({ deadlineMs }: Run, there: number, read: number): readonly Violation[] {
  if (read === there) return [];
  const detail = `The document took more than ${deadlineMs} ms; ${read} of ${there} records were read.`;
  return [{ kind: 'deadline', detail }];
}

/** The places of the records; a list that is not found is a miss of its own. */
function recordScopes(locators: readonly Locator[] | undefined, run: Run): readonly RecordScope[] {
  if (locators === undefined) return [{ kind: 'page' }];
  const tried: Attempt[] = [];
  for (const locator of locators) {
    const found = locateRecords(locator, run.page);
    if (found !== undefined && found.length > 0) return found;
    tried.push({ locator, matched: 0, because: found ? 'no-match' : 'invalid-locator' });
  }
  run.misses.push({ required: true, tried });
  return [];
}

function readRecord(run: Run, scope: RecordScope, index: number): ExtractedRecord {
  const entries: [string, FieldValue | readonly FieldValue[]][] = [];
  for (const [name, field] of Object.entries(run.spec.fields)) {
    const reading = readField(field, scope, run);
    if ('tried' in reading) {
      run.misses.push({ field: name, record: index, required: field.required, ...reading });
      continue;
    }
    entries.push([name, field.cardinality === 'one' ? reading.first : reading.values]);
    count(run.served, name, reading.locator);
    for (const breach of breaches(reading.values, field.expect, field.cardinality)) {
      run.violations.push({ ...breach, field: name, record: index });
    }
  }
  return Object.fromEntries(entries);
}

type FieldReading =
  | { readonly first: FieldValue; readonly values: readonly FieldValue[]; readonly locator: number }
  | { readonly tried: readonly Attempt[] };

function readField(field: FieldSpec, scope: RecordScope, run: Run): FieldReading {
  const tried: Attempt[] = [];
  for (const [index, locator] of field.locators.entries()) {
    const { values, because, matched } = tryLocator(locator, field, scope, run);
    const [first] = values;
    if (first !== undefined) return { first, values, locator: index };
    tried.push({ locator, matched, because });
  }
  return { tried };
}

interface Trial extends Omit<Attempt, 'locator'> {
  readonly values: readonly FieldValue[];
}

function tryLocator(locator: Locator, field: FieldSpec, scope: RecordScope, run: Run): Trial {
  const found = locate(locator, scope, run.page);
  if (found === undefined) return { values: [], matched: 0, because: 'invalid-locator' };
  const wanted = field.cardinality === 'one' ? 1 : MAX_VALUES;
  const values: FieldValue[] = [];
  let because: Attempt['because'] = 'no-match';
  let characters = 0;
  for (const one of found) {
    const reading = readValue(one, field, run.base);
    if ('value' in reading) values.push(reading.value);
    else because = reading.because;
    characters += 'value' in reading ? lengthOf(reading.value) : 0;
    if (values.length === wanted || characters > MAX_FIELD_CHARACTERS || isExpired(run)) break;
  }
  return { values, matched: found.length, because };
}

function lengthOf(value: FieldValue): number {
  return typeof value === 'string' ? value.length : 1;
}

/** Nested matches repeat their markup: without a bound, 1 MB of page becomes gigabytes of values. */
const MAX_FIELD_CHARACTERS = 16 * 1024 * 1024;

function count(served: Run['served'], name: string, locator: number): void {
  const counts = served.get(name) ?? new Map<number, number>();
  counts.set(locator, (counts.get(locator) ?? 0) + 1);
  served.set(name, counts);
}

function services(counts: ReadonlyMap<number, number>): readonly Service[] {
  return [...counts]
    .map(([locator, records]) => ({ locator, records }))
    .toSorted((a, b) => a.locator - b.locator);
}
