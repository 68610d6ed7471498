import type { RenderedPage } from '../../../adapters/browser/render.ts';
import { extractArticle, type Article } from '../../../adapters/extraction/article.ts';
import { runExtractionSpec } from '../../../adapters/extraction/spec.ts';
import { meaningOf } from '../../../adapters/net/http-status.ts';
import type {
  ExtractedRecord,
  Extraction,
  ExtractionSpec,
  Miss,
} from '../../../workflows/collection/extraction-spec.ts';
import type { FailureName } from '../../../workflows/failures.ts';
import type { ReadMessage, SourceDocument } from '../contract.ts';
import { suspicionOf } from '../http/suspicion.ts';
import { missingFields } from './missing-field.ts';
import { recordDocument, recordLines } from './record-document.ts';

/** Everything that a page says to a run: its documents or why there are none, and where it leads. */
export interface PageReading {
  readonly messages: readonly DocumentMessage[];
  readonly links: readonly string[];
  /** Address of the following page of a list. */
  readonly next?: string;
}

export type DocumentMessage = Exclude<
  ReadMessage<never>,
  { kind: 'checkpoint' } | { kind: 'listing' } | { kind: 'seen' }
>;

export interface PageTask {
  /** Of the document, if the page is one. */
  readonly id: string;
  /** What was asked for, before redirects. */
  readonly asked: string;
  readonly spec?: ExtractionSpec;
  /** Records of a list get ids below this one. */
  readonly listId: string;
}

/** Judges and reads a rendered page. Pure: the same page gives the same messages. */
export function readPage(page: RenderedPage, task: PageTask): PageReading {
  const meaning = meaningOf(page.status, { credentials: false, retryAfter: false });
  if (meaning.kind === 'gone') return only({ kind: 'gone', id: task.id, why: meaning.why });
  if (meaning.kind !== 'ok') return only(refused(page, task, meaning));
  const article = extractArticle(page.html, page.url);
  const impostor = impostorMessage(article, page, task);
  if (impostor !== undefined) return only(impostor);
  const links = article.nofollow ? [] : article.links;
  if (article.noindex || /\b(?:noindex|none)\b/iu.test(page.headers['x-robots-tag'] ?? '')) {
    return { messages: [], links };
  }
  if (task.spec === undefined) return { messages: [articleMessage(article, page, task)], links };
  return { ...extract(page, task, article, task.spec), links };
}

function only(message: DocumentMessage): PageReading {
  return { messages: [message], links: [] };
}

/** Login pages and "not found" pages with status 200 would become knowledge. */
function impostorMessage(
  article: Article,
  page: RenderedPage,
  { id, asked }: PageTask,
): DocumentMessage | undefined {
  const place = asked.split('?')[0] ?? asked;
  const suspicion = suspicionOf(article, asked, page.url);
  if (suspicion === undefined) return undefined;
  return suspicion === 'login'
    ? failed(
        id,
        'Blocked',
        `"${place}" leads to a login page. Ask the owner of the site for a public address, or exclude it.`,
      )
    : failed(
        id,
        'InvalidDocument',
        `"${place}" answered ${page.status}, but its text says that the page was not found. Ask its owner to answer 404.`,
      );
}

function failed(id: string, name: FailureName, detail: string): DocumentMessage {
  return { kind: 'failed', id, failure: name, detail };
}

function refused(
  page: RenderedPage,
  { id }: PageTask,
  meaning: Exclude<ReturnType<typeof meaningOf>, { kind: 'ok' | 'gone' }>,
): DocumentMessage {
  const name = meaning.kind === 'failed' ? meaning.failure : 'SourceUnavailable';
  return failed(id, name, `"${page.url}" answered ${page.status}. The next run asks again.`);
}

function articleMessage(article: Article, page: RenderedPage, { id }: PageTask): DocumentMessage {
  if (article.markdown === '') return failed(id, 'EmptyResult', emptySentence(page));
  return { kind: 'document', document: articleDocument(article, page, id) };
}

function articleDocument(article: Article, page: RenderedPage, id: string): SourceDocument {
  const { title, byline, modified, lang } = article;
  return {
    id,
    url: page.url,
    body: { kind: 'markdown', text: article.markdown },
    ...(title === undefined ? {} : { title }),
    ...(byline === undefined ? {} : { author: byline }),
    ...(modified === undefined ? {} : { modifiedAt: modified }),
    ...(lang === undefined ? {} : { attributes: { lang } }),
  };
}

function emptySentence({ url, status, sizeBytes }: RenderedPage): string {
  return `No text was found on "${url}" (${status}, ${sizeBytes} bytes) after its scripts ran. Name the element with the text in "extract".`;
}

function extract(
  page: RenderedPage,
  task: PageTask,
  article: Article,
  spec: ExtractionSpec,
): Pick<PageReading, 'messages' | 'next'> {
  const { url } = page;
  const found = runExtractionSpec(spec, page.html, { url, deadlineMs: EXTRACTION_DEADLINE_MS });
  const broken = found.violations.find(({ kind }) => kind === 'deadline' || kind === 'limit');
  if (broken !== undefined) {
    return only(failed(task.id, 'InvalidDocument', `"${url}": ${broken.detail} Exclude it.`));
  }
  const next = found.next === undefined ? {} : { next: found.next };
  if (spec.records === undefined) return pageDocument(found, page, task, article, spec);
  return { messages: listMessages(found, page, task, spec), ...next };
}

function pageDocument(
  { records, misses }: Extraction,
  page: RenderedPage,
  { id }: PageTask,
  article: Article,
  spec: ExtractionSpec,
): Pick<PageReading, 'messages'> {
  const missing = misses.filter(({ required }) => required);
  if (missing.length > 0) {
    return only(failed(id, 'SelectorMissing', missingFields(missing, page)));
  }
  const document = recordDocument(records[0] ?? {}, spec, {
    id,
    url: page.url,
    body: () => ({ kind: 'markdown', text: article.markdown }),
    ...(article.title === undefined ? {} : { title: article.title }),
  });
  if (document.body.kind !== 'file' && document.body.text === '') {
    return only(failed(id, 'EmptyResult', emptySentence(page)));
  }
  return { messages: [{ kind: 'document', document }] };
}

/** One document a record. A record without its required fields fails alone; a list that is not found fails as a whole. */
function listMessages(
  { records, misses }: Extraction,
  page: RenderedPage,
  task: PageTask,
  spec: ExtractionSpec,
): readonly DocumentMessage[] {
  const whole = misses.filter(({ record }) => record === undefined);
  if (whole.length > 0) return [failed(task.id, 'SelectorMissing', missingFields(whole, page))];
  const byRecord = Map.groupBy(
    misses.filter(({ required }) => required),
    ({ record }) => record,
  );
  return records.map((record, index) =>
    recordMessage(record, byRecord.get(index) ?? [], { page, task, spec }),
  );
}

function recordMessage(
  record: ExtractedRecord,
  missing: readonly Miss[],
  { page, task, spec }: { page: RenderedPage; task: PageTask; spec: ExtractionSpec },
): DocumentMessage {
  const key = record['id'];
  const id = key === undefined ? undefined : recordId(task.listId, String(key));
  if (missing.length > 0 || id === undefined) {
    const detail = missingFields(missing, page);
    return { kind: 'failed', failure: 'SelectorMissing', detail, ...(id ? { id } : {}) };
  }
  const { id: _id, ...others } = record;
  return {
    kind: 'document',
    document: recordDocument(record, spec, {
      id,
      url: page.url,
      body: () => recordLines(others),
    }),
  };
}

/** The list's own address, since a record moves from page to page while the list grows. */
function recordId(listId: string, key: string): string {
  return `${listId}#${encodeURIComponent(key.toWellFormed())}`;
}

const EXTRACTION_DEADLINE_MS = 10_000;
