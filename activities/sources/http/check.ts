import { ApplicationFailure } from '@temporalio/common';
import { meaningOf } from '../../../adapters/net/http-status.ts';
import { FAILURES, failure, isFailureName } from '../../../workflows/failures.ts';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';
import type { HttpConfig } from './config.ts';
import { readPage } from './page.ts';
import { openSession, type Session } from './session.ts';
import { readSitemaps } from './sitemaps.ts';
import { pageId } from './urls.ts';

/** B14: may we, do the first seeds answer, is there text, does the scope take anything in? Stores nothing. */
export async function checkHttp(
  config: HttpConfig,
  env: SourceEnv,
): Promise<readonly CheckResult[]> {
  const session = openSession(config, env);
  try {
    const seeds: SeedCheck[] = [];
    for (const url of config.urls.slice(0, MAX_SEEDS)) seeds.push(await checkSeed(session, url));
    const listed = config.sitemap === 'skip' ? undefined : await checkSitemap(session);
    const links = [...seeds.flatMap((seed) => seed.links), ...(listed?.pages ?? [])];
    return [
      ...seeds.flatMap((seed) => seed.results),
      ...(listed ? [listed.result] : []),
      ...checkScope(session, links),
    ];
  } finally {
    await session.close();
  }
}

interface SeedCheck {
  readonly results: readonly CheckResult[];
  readonly links: readonly string[];
}

async function checkSeed(session: Session, url: string): Promise<SeedCheck> {
  const id = pageId(url, session.config) ?? url;
  const robots = await attempt(session, 'robots', async () => {
    if (await session.allows(id)) return pass('robots', `robots.txt allows "${placeOf(id)}".`);
    return fail(
      'robots',
      `robots.txt disallows "${placeOf(id)}".`,
      'Ask the owner of the site for access, or name another address in "urls".',
    );
  });
  if (robots.verdict !== 'PASS') return { results: [robots], links: [] };
  let links: readonly string[] = [];
  const read = await attempt(session, 'read one', async () => {
    const found = await readSeed(session, id);
    links = found.links;
    return found.result;
  });
  return { results: [robots, read], links };
}

async function readSeed(
  session: Session,
  id: string,
): Promise<{ result: CheckResult; links: readonly string[] }> {
  const response = await session.fetch(id);
  const place = placeOf(id);
  const credentials = session.config.headers !== undefined;
  const meaning = meaningOf(response.status, { credentials, retryAfter: false });
  if (meaning.kind !== 'ok')
    return { result: badStatus(place, response.status, meaning), links: [] };
  const target = pageId(response.url, session.config) ?? id;
  if (session.scope.excludedBy(target) === 'host') {
    const detail = `"${place}" redirects to host "${new URL(target).host}".`;
    return {
      result: fail('read one', detail, `Name "${placeOf(target)}" in "urls" if the site moved.`),
      links: [],
    };
  }
  const page = await readPage(response, {
    id: target,
    asked: id,
    config: session.config,
    env: session.env,
  });
  if (page.documents.length === 0 && session.config.follow === undefined) {
    return {
      result: fail(
        'extraction non-empty',
        `"${place}" gives no document (${page.skipped ?? 'nothing found'}).`,
        'Name another address in "urls".',
      ),
      links: page.links,
    };
  }
  return {
    result: pass(
      'read one',
      `"${place}" answered ${response.status} and gave ${page.documents.length} documents and ${page.links.length} links.`,
    ),
    links: page.links,
  };
}

function badStatus(
  place: string,
  status: number,
  meaning: ReturnType<typeof meaningOf>,
): CheckResult {
  const detail = `"${place}" answered ${status}.`;
  if (meaning.kind !== 'failed') return fail('read one', detail, 'Mend the address in "urls".');
  if (FAILURES[meaning.failure].retried) {
    return { capability: 'connect', verdict: 'INDETERMINATE', detail };
  }
  return meaning.failure === 'AuthExpired'
    ? fail('authenticate', detail, 'Add credentials to "headers", or renew the secret there.')
    : fail('authorise', detail, FAILURES[meaning.failure].remedy);
}

async function checkSitemap(
  session: Session,
): Promise<{ result: CheckResult; pages: readonly string[] }> {
  let pages: readonly string[] = [];
  const result = await attempt(session, 'list', async () => {
    const found = await readSitemaps(session);
    pages = found.pages;
    const [problem] = found.problems;
    if (problem !== undefined) throw failure(problem.failure, problem.detail);
    if (pages.length > 0 || session.config.sitemap === 'include')
      return pass('list', `The sitemaps list ${pages.length} pages.`);
    return fail(
      'list',
      'The sitemaps list no page.',
      'Name another address in "sitemap", or set it to "skip".',
    );
  });
  return { result, pages };
}

/** A scope that matches nothing collects nothing and says success. */
function checkScope(session: Session, links: readonly string[]): CheckResult[] {
  const { config, scope } = session;
  if (config.follow?.include === undefined && config.sitemap === 'skip') return [];
  const ids = links.flatMap((link) => pageId(link, config) ?? []);
  if (ids.length === 0) return [];
  const matching = ids.filter(
    (id) => !scope.isSeed(id) && scope.excludedBy(id) === undefined,
  ).length;
  const seedsAlone = ids.every((id) => scope.isSeed(id));
  if (matching > 0 || seedsAlone)
    return [pass('scope', `The scope takes in ${matching} of ${ids.length} links.`)];
  return [
    fail(
      'scope',
      `"follow" takes in none of the ${ids.length} links of the seeds and sitemaps.`,
      'Widen "follow.include", or mend "follow.exclude".',
    ),
  ];
}

/** Turns what is thrown into a verdict: what may pass by itself is INDETERMINATE, never FAIL. */
async function attempt(
  session: Session,
  capability: string,
  act: () => Promise<CheckResult>,
): Promise<CheckResult> {
  try {
    return await act();
  } catch (error) {
    session.env.signal.throwIfAborted();
    if (!(error instanceof ApplicationFailure) || !isFailureName(error.type)) throw error;
    const { type, message } = error;
    if (FAILURES[type].retried)
      return { capability: 'connect', verdict: 'INDETERMINATE', detail: message };
    const named =
      type === 'EmptyResult' || type === 'SelectorMissing' ? 'extraction non-empty' : capability;
    return fail(named, message, FAILURES[type].remedy);
  }
}

function pass(capability: string, detail: string): CheckResult {
  return { capability, verdict: 'PASS', detail };
}

function fail(capability: string, detail: string, remedy: string): CheckResult {
  return { capability, verdict: 'FAIL', detail, remedy };
}

function placeOf(url: string): string {
  return url.split('?')[0] ?? url;
}

const MAX_SEEDS = 3;
