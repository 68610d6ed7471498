import type { Article } from '../../../adapters/extraction/article.ts';

/** What a page that answered 2xx really is, if it is not what was asked for (B2). */
export type Suspicion = 'login' | 'missing';

/**
 * Recognises login pages and "not found" pages that are served as if all were well. Careful: a long text is knowledge, even with a
 * login form beside it or about error 404.
 */
export function suspicionOf(
  article: Article,
  asked: string,
  answered: string,
): Suspicion | undefined {
  const length = article.markdown.replace(/\]\([^)]*\)|\s+/g, '').length;
  const titles = [article.title, article.heading].map((text) => text?.trim() ?? '');
  if (length < 1000 && titles.some((title) => MISSING.test(title))) return 'missing';
  if (length >= 1500) return undefined;
  const sentToLogin = isLoginPath(answered) && !isLoginPath(asked);
  const looksLikeLogin = article.passwordField || titles.some((title) => LOGIN.test(title));
  if (sentToLogin && (looksLikeLogin || length < 300)) return 'login';
  const formAlone =
    article.passwordField && (length < 300 || titles.some((title) => LOGIN.test(title)));
  return formAlone ? 'login' : undefined;
}

/** Is there nothing yet, because scripts would write it (B1)? At most a notice that says so. */
export function isScriptShell({ markdown, scripts }: Article): boolean {
  if (scripts === 'none') return false;
  const text = markdown.trim();
  if (text === '') return true;
  return text.length < 200 && (WAITING.test(text) || (scripts === 'needed' && text.length < 50));
}

function isLoginPath(url: string): boolean {
  return LOGIN_PATH.test(new URL(url).pathname);
}

const LOGIN_PATH =
  /(?:^|[/_-])(?:log-?in|sign-?in|sso|auth|oauth2?|authenticate|session\/new|anmelden|connexion)(?:[/._-]|$)/i;
const LOGIN =
  /\b(?:log ?in|sign ?in|log on|anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesión|accedi)\b/i;
const MISSING =
  /^(?:(?:http )?error |fehler )?404\b|[-–|:] ?404$|\b(?:page|site|file|document) (?:was )?not found\b|^not found\b|page (?:does not|doesn.t) exist|seite nicht gefunden|page introuvable|página no encontrada|pagina non trovata|nothing (?:was )?found/i;
const WAITING =
  /^\W*(?:please wait|loading|bitte warten|wird geladen|lädt|chargement|cargando|caricamento|carregando|laden)\b|\b(?:enable|requires?|needs?|activate|turn on|without) javascript\b|\bjavascript (?:is )?(?:disabled|required|needed|must be enabled)/i;
