import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import { pageId, placeOf } from './page-id.ts';
import type { Answer, PageReading, Session } from './session.ts';
import { attempt, fail, pass } from './verdict.ts';
import { statusOf } from './visit-failure.ts';

export interface SeedCheck {
  readonly results: readonly CheckResult[];
  /** Addresses that the seeds lead to, as written. */
  readonly links: readonly string[];
}

/** B14: may we, do the first seeds answer, is there text? Stores nothing. */
export async function checkSeeds(session: Session): Promise<SeedCheck> {
  const checks: SeedCheck[] = [];
  for (const url of session.config.urls.slice(0, MAX_SEEDS)) {
    checks.push(await checkSeed(session, pageId(url, session.config) ?? url));
  }
  return {
    results: checks.flatMap((check) => check.results),
    links: checks.flatMap((check) => check.links),
  };
}

/** As many as a person would look at. */
const MAX_SEEDS = 3;

async function checkSeed(session: Session, id: string): Promise<SeedCheck> {
  const robots = await attempt(session.env, 'robots', async () =>
    (await session.manners.allows(id))
      ? pass('robots', `robots.txt allows "${placeOf(id)}".`)
      : fail(
          'robots',
          `robots.txt disallows "${placeOf(id)}".`,
          'Ask the owner of the site for access, or name another address in "urls".',
        ),
  );
  if (robots.verdict !== 'PASS') return { results: [robots], links: [] };
  let links: readonly string[] = [];
  const read = await attempt(session.env, 'read one', async () => {
    const answer = await session.ask(id);
    const target = pageId(answer.url, session.config) ?? id;
    const refused = refusedAnswer(answer, { id, target, session });
    if (refused !== undefined) return refused;
    const page = await answer.read({ id: target, asked: id, listId: id });
    links = page.links;
    return verdictOn(page, answer, { id, session });
  });
  return { results: [robots, read], links };
}

function refusedAnswer(
  answer: Answer,
  { id, target, session }: { id: string; target: string; session: Session },
): CheckResult | undefined {
  const place = placeOf(id);
  if (statusOf(answer, id, session.hasCredentials(id)).kind === 'gone') {
    return fail('read one', `"${place}" answered ${answer.status}.`, 'Mend the address in "urls".');
  }
  if (session.scope.excludedBy(target) !== 'host') return undefined;
  return fail(
    'read one',
    `"${place}" redirects to host "${new URL(target).host}".`,
    `Name "${placeOf(target)}" in "urls" if the site moved.`,
  );
}

function verdictOn(
  { messages, links, skipped }: PageReading,
  { status }: Answer,
  { id, session }: { id: string; session: Session },
): CheckResult {
  const documents = messages.filter((one) => one.kind === 'document');
  const lost = messages.find((one) => one.kind === 'failed');
  if (documents.length > 0 || (lost === undefined && session.maxDepth > 0)) {
    return pass(
      'read one',
      `"${placeOf(id)}" answered ${status} and gave ${documents.length} documents and ${links.length} links.`,
    );
  }
  return lost === undefined
    ? fail(
        'extraction non-empty',
        `"${placeOf(id)}" gives no document (${skipped ?? 'nothing found'}).`,
        'Name another address in "urls".',
      )
    : fail('extraction non-empty', lost.detail, 'Mend "extract", or let a repair find it.');
}
