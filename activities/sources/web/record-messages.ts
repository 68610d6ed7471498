import type { Article } from '../../../adapters/extraction/article.ts';
import type {
  ExtractedRecord,
  Extraction,
  ExtractionSpec,
  Miss,
} from '../../../workflows/collection/extraction-spec.ts';
import { missingFields, refuseMissing, type MissedPage } from './missing-fields.ts';
import { placeOf } from './page-id.ts';
import { isEmpty, recordDocument, recordLines } from './record-document.ts';
import type { DocumentMessage, PagePlace } from './session.ts';

export interface ExtractedPage extends MissedPage {
  /** What serves where the spec says nothing; JSON has none. */
  readonly article?: Article;
}

/** A page under extraction. */
export interface PageExtraction {
  readonly page: ExtractedPage;
  readonly place: PagePlace;
  readonly spec: ExtractionSpec;
}

export interface ListReading extends PageExtraction {
  /** The identity of another page. */
  readonly toId: (url: string) => string | undefined;
}

/** One document a record. A record without its required fields fails alone. @throws SelectorMissing - the list was not found. */
export function recordMessages(
  { records, misses }: Extraction,
  reading: ListReading,
): readonly DocumentMessage[] {
  refuseMissing(
    misses.filter((miss) => miss.record === undefined),
    reading.page,
  );
  const missing = Map.groupBy(
    misses.filter((miss) => miss.required),
    (miss) => miss.record,
  );
  return records.map((record, index) => recordMessage(record, missing.get(index) ?? [], reading));
}

function recordMessage(
  record: ExtractedRecord,
  missing: readonly Miss[],
  { page, place, spec, toId }: ListReading,
): DocumentMessage {
  const id = recordId(record, place, toId);
  if (id === undefined || missing.length > 0) {
    const detail = missing.length > 0 ? missingFields(missing, page) : nameless(page);
    return { kind: 'failed', failure: 'SelectorMissing', detail, ...(id ? { id } : {}) };
  }
  const { id: _id, ...others } = record;
  const document = recordDocument(record, spec, {
    id,
    url: page.url,
    body: () => recordLines(others),
  });
  return isEmpty(document)
    ? { kind: 'failed', id, failure: 'EmptyResult', detail: emptyRecord(page, id) }
    : { kind: 'document', document };
}

/** Below the address where the list begins, since a record moves from page to page while the list grows. */
function recordId(
  { id, url }: ExtractedRecord,
  { listId }: PagePlace,
  toId: ListReading['toId'],
): string | undefined {
  const key = [id].flat()[0];
  if (key !== undefined) {
    const name = `${listId}#${encodeURIComponent(String(key).toWellFormed())}`;
    return name.length <= MAX_ID_CHARACTERS ? name : undefined;
  }
  const address = [url].flat()[0];
  return address === undefined ? undefined : toId(String(address));
}

const MAX_ID_CHARACTERS = 2048;

function emptyRecord({ url }: ExtractedPage, id: string): string {
  const key = id.slice(id.lastIndexOf('#') + 1).slice(0, 100);
  return `Record "${key}" of "${placeOf(url)}" has no text. Mend "content" in "extract".`;
}

function nameless({ url }: ExtractedPage): string {
  return `A record of "${placeOf(url)}" has no "id" of reasonable length and no address in "url". Mend one of them in "extract".`;
}
