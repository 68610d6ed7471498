import { afterEach, describe, expect, test } from 'vitest';
import { browser } from '../../../activities/sources/browser.ts';
import type { WitnessedPage } from '../../../activities/sources/contract.ts';
import { chromiumPath } from '../../fakes/chromium.ts';
import { startSite, type Site } from '../../fakes/site.ts';
import { sourceEnv, type TestSourceEnv } from '../../fakes/source-env.ts';

describe.skipIf(chromiumPath === undefined)('a browser source', () => {
  let site: Site;
  let env: TestSourceEnv;
  afterEach(async () => {
    env.remove();
    await site.close();
  });

  test('tells the witness what was rendered, of pages that were read and of those that were not', async () => {
    const page = (name: string) =>
      `<html><body><main></main><script>document.querySelector('main').innerHTML = '<h1 class="${name}">Über Äpfel</h1><p>A text that is long enough to be one.</p>';</script></body></html>`;
    const html = { 'content-type': 'text/html; charset=utf-8' };
    site = await startSite({
      '/good': { headers: html, body: page('name') },
      '/bad': { headers: html, body: page('renamed') },
    });
    env = sourceEnv({ settings: { chromium: () => Promise.resolve(chromiumPath ?? '') } });
    const witnessed: WitnessedPage[] = [];
    const witness = {
      page: (one: WitnessedPage) => void witnessed.push(one),
      unmodified: () => undefined,
    };
    const urls = [`${site.origin}/good`, `${site.origin}/bad`];
    const opened = browser.open({ urls, extract: { name: '.name' }, timeoutMs: 5000 });
    for await (const _ of opened.read(null, { ...env, witness }));
    expect(witnessed.map(({ failure }) => failure?.name)).toEqual([undefined, 'SelectorMissing']);
    const [good, bad] = witnessed;
    expect(good).toMatchObject({ isSeed: true, answer: { status: 200, rendered: true } });
    expect(Buffer.from(good?.answer?.body ?? '').toString()).toContain(
      '<h1 class="name">Über Äpfel',
    );
    expect(good?.extraction?.records).toEqual([{ name: 'Über Äpfel' }]);
    expect(Buffer.from(bad?.answer?.body ?? '').toString()).toContain('<h1 class="renamed">');
    expect(bad?.extraction?.misses).toMatchObject([{ field: 'name', required: true }]);
  });
});
