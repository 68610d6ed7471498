import {
  expandExtraction,
  runExtractionSpec,
  type ExtractionConfig,
} from '../../../adapters/extraction/spec.ts';
import type { Extraction } from '../../../workflows/collection/extraction-spec.ts';
import { failure } from '../../../workflows/failures.ts';
import { refuseMissing } from './missing-fields.ts';
import { pageId, placeOf } from './page-id.ts';
import { recordDocument, recordLines } from './record-document.ts';
import { recordMessages, type ExtractedPage, type PageExtraction } from './record-messages.ts';
import type { DocumentMessage, PagePlace, PageReading, Session } from './session.ts';

/**
 * The documents of a page by the `extract` of the config: the page itself, or one a record. A record without its required fields
 * fails alone. @throws SelectorMissing - the page's fields, or the list. @throws InvalidDocument - what cannot be read to its end.
 */
export function readExtracted(
  page: ExtractedPage,
  place: PagePlace,
  {
    extract,
    config,
    env,
  }: Pick<Session, 'config' | 'env'> & { readonly extract: ExtractionConfig },
): Pick<PageReading, 'messages' | 'next'> {
  const spec = expandExtraction(env.sourceId, extract);
  const found = runExtractionSpec(spec, page.text, { url: page.url, deadlineMs: DEADLINE_MS });
  refuseUnread(found, page);
  const next = found.next === undefined ? {} : { next: found.next };
  if (spec.records === undefined) return { messages: [pageMessage(found, { page, place, spec })] };
  const toId = (url: string): string | undefined => pageId(url, config, page.url);
  return { messages: recordMessages(found, { page, place, spec, toId }), ...next };
}

const DEADLINE_MS = 10_000;

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
