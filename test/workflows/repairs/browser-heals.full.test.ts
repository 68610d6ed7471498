import { expect, test } from 'vitest';
import { chromiumPath } from '../../fakes/chromium.ts';
import { withRepairStage } from './repair-stage.ts';

const stage = withRepairStage();

/** The page is empty until its script has run, as many are. */
function rendered(html: string): string {
  const [, body = ''] = /<body>(.*)<\/body>/su.exec(html) ?? [];
  return `<!doctype html><html lang="en"><head><title>Wick</title></head><body><div id="app"></div><script>document.getElementById('app').innerHTML = ${JSON.stringify(body).replaceAll('<', '\\u003c')};</script></body></html>`;
}

test.skipIf(chromiumPath === undefined)(
  'a source that a browser reads heals like others, on what its scripts have made',
  { timeout: 180_000 },
  async () => {
    const shop = await stage().open({
      count: 6,
      goodRuns: 0,
      define: ({ config: { sitemap: _sitemap, ...config }, ...base }) => ({
        ...base,
        type: 'browser',
        config: { ...config, urls: urlsOf(config['urls'] as readonly string[]) },
      }),
    });
    shop.site.edit = rendered;
    expect(await shop.run()).toMatchObject({ status: 'succeeded' });
    shop.site.manner = 'second';
    expect(await shop.run()).toMatchObject({ failure: 'SelectorMissing' });
    const { incident } = await shop.until(
      'a question to people',
      ({ stage: now }) => now === 'awaiting-approval',
    );
    expect(incident?.reproduction).toMatchObject({ verdict: 'reproduced', strength: 1 });
    await shop.decide('approve');
    const { incident: fixed } = await shop.until(
      'a run on the fix',
      ({ incident: work }) => (work?.runs.length ?? 0) > 0,
    );
    expect(fixed?.runs.at(-1)).toMatch(/^good/);
  },
);

/** The six products of the shop. */
function urlsOf([first = '']: readonly string[]): readonly string[] {
  const { origin } = new URL(first);
  return [0, 1, 2, 3, 4, 5].map((at) => `${origin}/products/W-${1000 + at * 7}`);
}
