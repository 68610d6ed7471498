import { afterAll, describe, expect, test } from 'vitest';
import { activeFix } from '../../../adapters/postgres/active-fix.ts';
import { startSite, type Page, type Site } from '../../fakes/site.ts';
import { withRepairStage, type ShopOptions, type StagedShop } from './repair-stage.ts';

const stage = withRepairStage();
const sites: Site[] = [];
afterAll(async () => {
  for (const site of sites) await site.close();
});

const TEXT = { type: 'text', stable: true } as const;
const NAMES = 'Kettle Lantern Basket Stool Ladle Bellows Trivet Sieve Churn Anvil'.split(' ');
const GOODS = NAMES.map((name, at) => ({
  id: `w-${at + 1}`,
  name: `${name} of the workshop`,
  text: `The ${name.toLowerCase()} is made by people who have done nothing else for ${10 + at} years.`,
}));

/** A source of its own site in place of the shop. */
async function served(
  pages: Readonly<Record<string, Page>>,
  config: (site: Site) => Readonly<Record<string, unknown>>,
  options: ShopOptions = {},
): Promise<{ readonly shop: StagedShop; readonly site: Site }> {
  const site = await startSite({ '/robots.txt': { status: 404 }, ...pages });
  sites.push(site);
  const shop = await stage().open({
    ...options,
    define: (base) => ({
      ...base,
      config: config(site),
      ...(options.define ? { type: 'browser' } : {}),
    }),
  });
  return { shop, site };
}

function asked(shop: StagedShop) {
  return shop.until('a question to people', ({ stage: now }) => now === 'awaiting-approval');
}

/** Approves what is asked, and follows the fix to its end. */
async function healed(shop: StagedShop): Promise<void> {
  await asked(shop);
  await shop.decide('approve');
  await shop.until('a run on the fix', ({ incident }) => (incident?.runs.length ?? 0) > 0);
  await shop.run();
  await shop.run();
  expect(await shop.untilClosed()).toMatchObject({ outcome: 'pr-merged-unchanged' });
  expect(await shop.run()).toMatchObject({ status: 'succeeded' });
}

const json = (body: unknown): Page => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe('what is no page of HTML elements', { timeout: 120_000 }, () => {
  test('an API whose envelope moved and whose field has another name', async () => {
    const { shop, site } = await served(
      { '/api': json({ data: { items: GOODS } }) },
      ({ origin }) => ({
        urls: [`${origin}/api`],
        extract: {
          records: { json: 'data.items[*]' },
          id: { ...TEXT, locators: { json: 'id' } },
          title: { ...TEXT, locators: { json: 'name' } },
          content: { ...TEXT, locators: { json: 'text' } },
        },
      }),
    );
    const renamed = GOODS.map(({ name, ...rest }) => ({ label: name, ...rest }));
    site.put('/api', json({ results: renamed, total: renamed.length }));
    expect(await shop.run()).toMatchObject({
      status: expect.stringMatching(/failed|held/) as string,
    });
    await healed(shop);
  });

  test('pages whose elements went away, while their JSON-LD says the same', async () => {
    const page = ({ name, text }: (typeof GOODS)[0], isOld: boolean): string => {
      const data = {
        '@context': 'https://schema.org',
        '@type': 'Product',
        name,
        description: text,
      };
      const body = isOld
        ? `<main><h1 class="name">${name}</h1><p class="lore">${text}</p></main>`
        : '<main><canvas id="app"></canvas></main>';
      return `<html><head><title>Goods</title><script type="application/ld+json">${JSON.stringify(data)}</script></head><body>${body}</body></html>`;
    };
    const pages = (isOld: boolean) =>
      Object.fromEntries(GOODS.map((one) => [`/${one.id}`, page(one, isOld)]));
    const { shop, site } = await served(pages(true), ({ origin }) => ({
      urls: GOODS.map(({ id }) => `${origin}/${id}`),
      extract: {
        title: { ...TEXT, locators: 'h1.name' },
        content: { ...TEXT, locators: 'p.lore' },
      },
    }));
    for (const [path, html] of Object.entries(pages(false))) site.put(path, html);
    expect(await shop.run()).toMatchObject({ failure: 'SelectorMissing' });
    await healed(shop);
  });

  test('pages that lead to another host: nothing is deployed by itself, and people are told', async () => {
    const old = Object.fromEntries(
      GOODS.map(({ id, name, text }) => [
        `/${id}`,
        `<html><body><h1 class="name">${name}</h1><p class="lore">${text}</p></body></html>`,
      ]),
    );
    const elsewhere = await startSite({ '*': '<html><body><h2>We have moved</h2></body></html>' });
    sites.push(elsewhere);
    const { shop, site } = await served(old, ({ origin }) => ({
      urls: GOODS.map(({ id }) => `${origin}/${id}`),
      extract: { title: 'h1.name', content: 'p.lore' },
    }));
    for (const { id } of GOODS)
      site.put(`/${id}`, { status: 301, headers: { location: `${elsewhere.origin}/` } });
    const run = await shop.run();
    expect(run.status).not.toBe('succeeded');
    await shop.until(
      'people, or an end',
      ({ stage: now }) =>
        now === 'awaiting-guidance' || now === 'awaiting-approval' || now === 'closed',
    );
    expect(await activeFix(stage().db, shop.source)).toBeUndefined();
  });
});
