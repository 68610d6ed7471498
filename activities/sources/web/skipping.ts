import { createHash } from 'node:crypto';
import type { KnownDocument } from '../contract.ts';
import type { Step } from './step.ts';

type Facts = Pick<Step, 'session' | 'visit' | 'known' | 'page'>;

/** B11: the validators that may save a page's body, or nothing where it has to be read. They never prove that a page has changed. */
export function validatorsFor(step: Facts): KnownDocument | undefined {
  return maySkip(step) ? step.known : undefined;
}

/**
 * A page without validators of its own is as it was when its sitemap says of its last change what it said then. Where a page has some,
 * they are asked: sitemaps forget.
 */
export function isUnchangedBySitemap(step: Facts): boolean {
  const { known, page, visit } = step;
  if (known?.etag !== undefined || known?.lastModified !== undefined) return false;
  const isSame = visit.lastmod !== undefined && visit.lastmod === page?.sitemapLastmod;
  return isSame && maySkip(step);
}

/** A page that is not read again says nothing of its links and of the records of a list: only known links make up for it. */
function maySkip(step: Facts): boolean {
  const { session, visit, known, page } = step;
  if (known === undefined || known.failed === true) return false;
  if (session.config.extract?.records !== undefined) return false;
  if (visit.depth < session.maxDepth && page?.links === undefined) return false;
  return !isDue(step);
}

/**
 * Now and then a page is read whatever its validators say, so that a site that lies cannot freeze a document: a week after it was last
 * read, and some pages up to a quarter sooner, so that not all of a site is due at once. The same in every attempt of a run.
 */
function isDue({ session, visit, page }: Facts): boolean {
  if (page?.readAt === undefined) return true;
  const days = session.config.rereadAfterDays ?? REREAD_AFTER_DAYS;
  const draw = createHash('sha256').update(visit.id).digest().readUInt8(0) / 256;
  const ageMs = session.env.startedAt.getTime() - page.readAt.getTime();
  return ageMs >= days * DAY_MS * (1 - 0.25 * draw);
}

const REREAD_AFTER_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;
