import type { Article } from '../../../adapters/extraction/article.ts';
import { readInThread } from '../../../adapters/extraction/extract-pool.ts';
import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import { failure } from '../../../workflows/failures.ts';
import type { SourceDocument, Validators } from '../contract.ts';
import { extractedDocuments } from './extracted-page.ts';
import { pageId, placeOf } from './page-id.ts';
import { isEmpty } from './record-document.ts';
import { robotsTag } from './robots-tag.ts';
import type { PagePlace, PageReading, Session } from './session.ts';
import { isScriptShell, suspicionOf } from './suspicion.ts';

export interface HtmlPage {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
  readonly sizeBytes: number;
  readonly validators?: Validators;
  /** What to do if the page has no text: one sentence. */
  readonly whenEmpty: string;
  /** The same, if scripts would write it. */
  readonly whenScripted: string;
}

/** Reads a page of HTML, fetched or rendered: what it holds and where it leads. Errors as `Answer.read` says. */
export async function readHtmlPage(
  page: HtmlPage,
  place: PagePlace,
  session: Pick<Session, 'config' | 'env' | 'hasCredentials'>,
): Promise<PageReading> {
  const { config, env } = session;
  const spec = config.extract && expandExtraction(env.sourceId, config.extract);
  const { article, extraction } = await readInThread(
    'page',
    { text: page.html, url: page.url, ...(spec ? { spec } : {}) },
    { signal: env.signal, deadlineMs: env.settings.pageDeadlineMs },
  );
  if (spec && extraction) place.found?.(extraction, spec);
  refuseImpostor(article, page, { ...place, hasCredentials: session.hasCredentials(place.id) });
  const tag = robotsTag(page.headers);
  const links = article.nofollow || tag.nofollow ? [] : article.links;
  if (article.noindex || tag.noindex) return { messages: [], links, skipped: 'noindex' };
  const canonical = article.canonical && pageId(article.canonical, config);
  const shared = { links, ...(canonical && canonical !== place.id ? { canonical } : {}) };
  const remedy = isScriptShell(article) ? page.whenScripted : undefined;
  if (spec === undefined || extraction === undefined) {
    if (remedy !== undefined) throw emptyPage({ ...page, whenEmpty: remedy });
    return { ...shared, messages: [only(articleDocument(article, page, place.id), page)] };
  }
  const fields = { ...page, article, ...(remedy === undefined ? {} : { remedy }) };
  const found = extractedDocuments(extraction, { page: fields, place, spec }, config);
  if (spec.records !== undefined) return { ...shared, ...found };
  const messages = found.messages.map((one) =>
    one.kind === 'document' ? only({ ...one.document, ...validatorsOf(page) }, page) : one,
  );
  return { ...shared, messages };
}

/** Login pages and "not found" pages with status 200 would become knowledge (B2). */
function refuseImpostor(
  article: Article,
  { url, status }: HtmlPage,
  { asked, hasCredentials }: { readonly asked: string; readonly hasCredentials: boolean },
): void {
  const place = placeOf(asked);
  switch (suspicionOf(article, asked, url)) {
    case 'login':
      throw hasCredentials
        ? failure(
            'AuthExpired',
            `"${place}" answered ${status} with a login page to the credentials in "headers". Renew that secret; the next run reads it again.`,
          )
        : failure(
            'Blocked',
            `"${place}" answered ${status} with a login page. Ask the owner of the site for access, or exclude it.`,
          );
    case 'missing':
      throw failure(
        'InvalidDocument',
        `"${place}" answered ${status}, but its text says that the page was not found. Ask its owner to answer 404.`,
      );
    case undefined:
  }
}

function articleDocument(article: Article, page: HtmlPage, id: string): SourceDocument {
  const title = article.title ?? article.heading;
  return {
    id,
    url: page.url,
    ...(title === undefined ? {} : { title }),
    ...(article.byline === undefined ? {} : { author: article.byline }),
    ...(article.modified === undefined ? {} : { modifiedAt: article.modified }),
    ...(article.lang === undefined ? {} : { attributes: { language: article.lang } }),
    body: { kind: 'markdown', text: article.markdown },
    ...validatorsOf(page),
  };
}

function validatorsOf({ validators }: HtmlPage): Pick<SourceDocument, 'validators'> {
  return validators === undefined ? {} : { validators };
}

function only(
  document: SourceDocument,
  page: Parameters<typeof emptyPage>[0],
): { readonly kind: 'document'; readonly document: SourceDocument } {
  if (isEmpty(document)) throw emptyPage(page);
  return { kind: 'document', document };
}

/** The failure of a page without text. */
export function emptyPage({
  url,
  status,
  sizeBytes,
  whenEmpty,
}: Pick<HtmlPage, 'url' | 'status' | 'sizeBytes' | 'whenEmpty'>): Error {
  return failure(
    'EmptyResult',
    `No text was found on "${placeOf(url)}" (${status}, ${sizeBytes} bytes). ${whenEmpty}`,
  );
}
