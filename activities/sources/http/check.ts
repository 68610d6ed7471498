import { failure } from '../../../workflows/failures.ts';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';
import { checkSeeds } from '../web/check-seeds.ts';
import { pageId } from '../web/page-id.ts';
import { attempt, fail, pass } from '../web/verdict.ts';
import type { HttpConfig } from './config.ts';
import { openSession, type HttpSession } from './session.ts';
import { readSitemaps } from './sitemaps.ts';

/** B14: the seeds, the sitemaps, and whether the scope takes anything in. Stores nothing. */
export async function checkHttp(
  config: HttpConfig,
  env: SourceEnv,
): Promise<readonly CheckResult[]> {
  const session = openSession(config, env);
  try {
    const seeds = await checkSeeds(session);
    const listed = config.sitemap === 'skip' ? undefined : await checkSitemap(session);
    return [
      ...seeds.results,
      ...(listed ? [listed.result] : []),
      ...checkScope(session, [...seeds.links, ...(listed?.pages ?? [])]),
    ];
  } finally {
    await session.close();
  }
}

async function checkSitemap(
  session: HttpSession,
): Promise<{ result: CheckResult; pages: readonly string[] }> {
  let pages: readonly string[] = [];
  const result = await attempt(session.env, 'list', async () => {
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
function checkScope({ config, scope }: HttpSession, links: readonly string[]): CheckResult[] {
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
