import { expect, test } from 'vitest';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import { http } from '../../../activities/sources/http.ts';
import { createHostMemory } from '../../../adapters/net/manners.ts';
import { createHostLimits } from '../../../adapters/postgres/host-limits.ts';
import { articlePage, startSite, type Page } from '../../fakes/site.ts';
import { withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

/** As a worker of its own would collect it: workers share the database and nothing else. */
function ofNewWorker({ deps, db }: SourceCase): Partial<CollectionDependencies> {
  return {
    sourceTypes: new Map([['http', http]]),
    settings: { ...deps.settings, allowedHosts: ['127.0.0.1'] },
    hosts: createHostMemory(createHostLimits(db)),
  };
}

function httpSource(urls: readonly string[]): Promise<SourceCase> {
  return newSource({ type: 'http', config: { urls } });
}

const inFiveMinutes = (): string => new Date(Date.now() + 300_000).toUTCString();

test.each<[string, () => Page]>([
  ['seconds', () => ({ status: 429, headers: { 'retry-after': '300' } })],
  ['a date', () => ({ status: 503, headers: { 'retry-after': inFiveMinutes() } })],
])(
  'a Retry-After of %s becomes a timer, for this source and for those of other workers',
  async (_form, answer) => {
    const site = await startSite({ '/': articlePage('Home'), '/busy': answer() });
    const first = await httpSource([`${site.origin}/`, `${site.origin}/busy`]);
    const other = await httpSource([`${site.origin}/`]);

    const asked = Date.now();
    const slice = await first.collect({ deps: ofNewWorker(first) });
    const requests = site.requests.length;
    const held = await other.collect({ deps: ofNewWorker(other) });
    await site.close();

    // Nobody slept for it: the activities ended, and the workflow is told when to go on.
    expect(Date.now() - asked).toBeLessThan(60_000);
    expect(slice).toMatchObject({ more: true, counts: { added: 1 } });
    expect(held).toMatchObject({
      more: true,
      counts: { added: 0, failed: 0 },
      waitReason: expect.stringContaining(`"${site.host}" may be asked again in`),
    });
    for (const { notBeforeMs = 0 } of [slice, held]) {
      expect(notBeforeMs).toBeGreaterThan(asked + 290_000);
      expect(notBeforeMs).toBeLessThan(Date.now() + 320_000);
    }
    expect(site.requests).toHaveLength(requests);
  },
);

test('R11: a site whose rules nobody can read is not crawled, and the run says so', async () => {
  const site = await startSite({ '/robots.txt': { status: 503 }, '/': articlePage('Home') });
  const source = await httpSource([`${site.origin}/`]);

  const collected = source.collect({ deps: ofNewWorker(source) });

  await expect(collected).rejects.toMatchObject({
    type: 'SourceUnavailable',
    message: expect.stringMatching(/robots\.txt" answered 503, so nothing may be fetched/u),
  });
  await site.close();
  expect(site.requests.filter((one) => !one.endsWith('/robots.txt'))).toStrictEqual([]);
});
