import type { KnownPage } from '../../../adapters/postgres/crawls.ts';
import type { KnownDocument } from '../contract.ts';
import type { Visit } from './frontier.ts';
import type { Answer, Session } from './session.ts';
import { isUnchangedBySitemap, validatorsFor } from './skipping.ts';

/** What came of asking for a page. */
export type Asked =
  | {
      readonly kind: 'answer';
      readonly answer: Answer;
      /** It was asked with validators: only then may the answer be 304. */
      readonly conditional: boolean;
    }
  /** robots.txt disallows it: it was not asked for. */
  | { readonly kind: 'disallowed' }
  /** Its sitemap says so: it was not asked for. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface PreparedVisit {
  readonly known?: KnownDocument;
  readonly page?: KnownPage;
  readonly asked: Asked;
}

/** The part of a visit that changes nothing but the patience of the site, and may be done ahead of its turn. */
export async function prepareVisit(session: Session, visit: Visit): Promise<PreparedVisit> {
  const { env } = session;
  const [documents, pages] = await Promise.all([
    env.known([visit.id]),
    env.crawls.pages([visit.id]),
  ]);
  const known = documents.get(visit.id);
  const page = pages.get(visit.id);
  const facts = { ...(known ? { known } : {}), ...(page ? { page } : {}) };
  return { ...facts, asked: await ask({ session, visit, ...facts }) };
}

async function ask(step: Parameters<typeof validatorsFor>[0]): Promise<Asked> {
  const { session, visit } = step;
  try {
    if (!(await session.manners.allows(visit.id))) return { kind: 'disallowed' };
    if (isUnchangedBySitemap(step)) return { kind: 'unchanged' };
    const validators = validatorsFor(step);
    const conditional = validators?.etag !== undefined || validators?.lastModified !== undefined;
    return { kind: 'answer', answer: await session.ask(visit.id, validators), conditional };
  } catch (error) {
    return { kind: 'failed', error };
  }
}
