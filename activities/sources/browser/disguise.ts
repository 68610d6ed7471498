import type { RenderedPage } from '../../../adapters/browser/render.ts';
import type { Article } from '../../../adapters/extraction/article.ts';

/** A page that says 200 and is something else. */
export interface Disguise {
  readonly kind: 'login' | 'not-found';
  /** One sentence. */
  readonly why: string;
}

/** Login pages and "not found" pages with status 200 would become knowledge: they are known by form, title, redirect and length. */
export function disguise(
  article: Pick<Article, 'title' | 'heading' | 'markdown' | 'passwordField'>,
  page: Pick<RenderedPage, 'url'>,
  asked: string,
): Disguise | undefined {
  const short = article.markdown.length < SHORT_TEXT;
  const names = [article.title ?? '', article.heading ?? ''];
  const moved = pathOf(page.url) !== pathOf(asked) && LOGIN_PATH.test(pathOf(page.url));
  if (moved || (article.passwordField && short)) {
    return {
      kind: 'login',
      why: `"${asked}" leads to a login page. Ask the owner of the site for a public address.`,
    };
  }
  if (short && names.some((name) => NOT_FOUND.test(name))) {
    return { kind: 'not-found', why: 'The page says "not found" with status 200.' };
  }
  return undefined;
}

function pathOf(url: string): string {
  return URL.parse(url)?.pathname ?? '';
}

/** Characters; real pages of documentation are longer, or have no password field and no such title. */
const SHORT_TEXT = 1000;
const LOGIN_PATH = /(?:^|\/)(?:log-?in|sign-?in|sso|auth)(?:[/._-]|$)/iu;
const NOT_FOUND =
  /^\s*(?:error\s+)?404\b|\b(?:page|file|document)\s+(?:was\s+)?not\s+found\b|^not found$/iu;
