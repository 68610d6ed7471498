import type { Extraction } from '../../../workflows/collection/extraction-spec.ts';
import { failure } from '../../../workflows/failures.ts';
import { refuseMissing } from './missing-fields.ts';
import { pageId, placeOf } from './page-id.ts';
import { recordDocument, recordLines } from './record-document.ts';
import { recordMessages, type ExtractedPage, type PageExtraction } from './record-messages.ts';
import type { DocumentMessage, PageReading } from './session.ts';
import type { SiteConfig } from './site-config.ts';

/**
 * The documents of a page by what its spec found: the page itself, or one a record. A record without its required fields fails alone.
 * @throws SelectorMissing - the page's fields, or the list. @throws InvalidDocument - what cannot be read to its end.
 */
export function extractedDocuments(
  found: Extraction,
  reading: PageExtraction,
  config: SiteConfig,
): Pick<PageReading, 'messages' | 'next'> {
  const { page, spec } = reading;
  refuseUnread(found, page);
  if (spec.records === undefined) return { messages: [pageMessage(found, reading)] };
  const toId = (url: string): string | undefined => pageId(url, config, page.url);
  const next = found.next === undefined ? {} : { next: found.next };
  return { messages: recordMessages(found, { ...reading, toId }), ...next };
}

function refuseUnread({ violations, records, misses }: Extraction, { url }: ExtractedPage): void {
  const fatal = violations.find((one) => ['deadline', 'limit', 'format'].includes(one.kind));
  if (fatal === undefined && (records.length > 0 || misses.length > 0)) return;
  throw failure(
    'InvalidDocument',
    `"${placeOf(url)}" could not be read by its extraction. ${fatal?.detail ?? 'It holds no record.'} Exclude it.`,
  );
}

function pageMessage(
  { records: [record = {}], misses }: Extraction,
  { page, place, spec }: PageExtraction,
): DocumentMessage {
  refuseMissing(
    misses.filter((miss) => miss.required),
    page,
  );
  const title = page.article?.title ?? page.article?.heading;
  const document = recordDocument(record, spec, {
    id: place.id,
    url: page.url,
    body: () =>
      page.article ? { kind: 'markdown', text: page.article.markdown } : recordLines(record),
    ...(title === undefined ? {} : { title }),
  });
  return { kind: 'document', document };
}
