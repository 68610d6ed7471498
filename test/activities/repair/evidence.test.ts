import { hash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { loadEvidence, loadHeldOut } from '../../../activities/repair/load-evidence.ts';
import { writeBundle } from '../../../activities/repair/write-bundle.ts';
import { getEvidence } from '../../../adapters/evidence/evidence-store.ts';
import type { FailureName } from '../../../workflows/failures.ts';
import { startSite, type Page, type Site } from '../../fakes/site.ts';
import {
  EVIDENCE,
  evidenceSource,
  PRODUCT_FIELDS,
  productPage,
  type EvidenceCase,
} from '../collection/evidence-source.ts';
import { SECRET, withCollecting } from '../collection/collecting.ts';

const newSource = withCollecting();
const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

const signal = AbortSignal.timeout(600_000);

async function serve(pages: Readonly<Record<string, Page>>): Promise<Site> {
  const site = await startSite({ '/robots.txt': { status: 404 }, ...pages });
  sites.push(site);
  return site;
}

const PRODUCTS = 10;

async function serveShop(): Promise<Site> {
  const pages = Array.from({ length: PRODUCTS }, (_, at) => [`/p${at}`, productPage(`P ${at}`)]);
  return serve(Object.fromEntries(pages) as Record<string, Page>);
}

function shopConfig(site: Site): Record<string, unknown> {
  const urls = Array.from({ length: PRODUCTS }, (_, at) => `${site.origin}/p${at}`);
  return { urls, extract: PRODUCT_FIELDS };
}

/** The price moves into another element. */
function breakShop(site: Site): void {
  for (let at = 0; at < PRODUCTS; at += 1)
    site.put(
      `/p${at}`,
      productPage(`P ${at}`).replace('<p class="price">12.50</p>', '<b class="cost">12.50</b>'),
    );
}

function questionOf(
  source: EvidenceCase,
  run: string,
  failure: FailureName = 'SelectorMissing',
  fields: readonly string[] = ['price'],
) {
  return { definition: source.definition(), run: `${source.id}:${run}`, failure, fields, signal };
}

async function viewOf(source: EvidenceCase, run: string, fields?: readonly string[]) {
  const loaded = await loadEvidence(
    questionOf(source, run, 'SelectorMissing', fields),
    source.deps,
  );
  if (loaded.kind === 'nothing') throw new Error(loaded.because);
  return loaded;
}

test('the failing pages of a run are replayed beside the good ones; held-out bodies are in no view', async () => {
  const site = await serveShop();
  const source = await evidenceSource(newSource, shopConfig(site));
  await source.collectRun('good');
  breakShop(site);
  await source.collectRun('broken', 'held');
  const { view, notes } = await viewOf(source, 'broken');
  expect(notes).toEqual([]);
  expect(view.failingFields).toEqual(['price']);
  // The side of a page hangs on its address, and with it on the port: of the five that are kept a few may be held out.
  expect(view.failing.length).toBeGreaterThanOrEqual(3);
  for (const page of view.failing) {
    expect(page.misses).toMatchObject([{ field: 'price', required: true }]);
    expect(page.records).toMatchObject([{ name: expect.stringMatching(/^P \d$/) as string }]);
    expect(page.body).toContain('class="cost"');
    expect(hash('sha256', page.bytes ?? '')).toBe(hash('sha256', page.body));
  }
  for (const page of view.good) expect(page.records).toMatchObject([{ price: 12.5 }]);
  const heldOut = await loadHeldOut(questionOf(source, 'broken'), source.deps);
  const urls = (pages: readonly { readonly url: string }[]) => new Set(pages.map(({ url }) => url));
  expect(heldOut.length).toBeGreaterThan(0);
  for (const url of urls(heldOut)) expect(urls(view.good).has(url)).toBe(false);
  expect(heldOut.length + view.good.length).toBe(PRODUCTS);
});

test('what a run that did not end well has found is no good sample', async () => {
  const site = await serveShop();
  const source = await evidenceSource(newSource, shopConfig(site));
  await source.collectRun('first', 'held');
  const question = questionOf(source, 'first', 'ContentShrank', []);
  expect(await loadHeldOut(question, source.deps)).toEqual([]);
  const loaded = await loadEvidence(question, source.deps);
  expect(loaded).toMatchObject({ kind: 'view', view: { good: [] } });
  await source.collectRun('second');
  expect((await loadHeldOut(question, source.deps)).length).toBeGreaterThan(0);
});

test('pages that a held run could read, but that miss an optional field, are failing pages', async () => {
  const site = await serveShop();
  const price = { ...PRODUCT_FIELDS.price, required: false };
  const config = { ...shopConfig(site), extract: { ...PRODUCT_FIELDS, price } };
  const source = await evidenceSource(newSource, config);
  await source.collectRun('good');
  breakShop(site);
  await source.collectRun('silent', 'held');
  const { view } = await viewOf(source, 'silent');
  expect(view.failing.length).toBeGreaterThan(0);
  for (const { misses } of view.failing) expect(misses).toMatchObject([{ field: 'price' }]);
  expect(view.good[0]?.records).toMatchObject([{ price: 12.5 }]);
});

test('lists and JSON are kept like pages', async () => {
  const items = (key: string) =>
    JSON.stringify({ items: [1, 2, 3].map((id) => ({ id, [key]: `Item ${id}` })) });
  const json = (body: string): Page => ({ headers: { 'content-type': 'application/json' }, body });
  const site = await serve({ '/api': json(items('title')) });
  const text = { type: 'text', cardinality: 'one', required: true, stable: false } as const;
  const extract = {
    records: { json: 'items[*]' },
    id: { ...text, locators: [{ json: 'id' }] },
    content: { ...text, locators: [{ json: 'title' }] },
  };
  const source = await evidenceSource(newSource, { urls: [`${site.origin}/api`], extract });
  await source.collectRun('good');
  site.put('/api', json(items('headline')));
  await source.collectRun('broken', 'held');
  const { view } = await viewOf(source, 'broken', ['content']);
  expect(view.failing).toMatchObject([{ contentType: 'application/json', status: 200 }]);
  expect(view.failing[0]?.misses).toHaveLength(3);
  expect(view.good[0]?.records).toMatchObject([
    { id: '1', content: 'Item 1' },
    { id: '2', content: 'Item 2' },
    { id: '3', content: 'Item 3' },
  ]);
  site.put('/api', json('{"items": []}'));
  await source.collectRun('empty', 'held');
  const empty = await viewOf(source, 'empty', ['']);
  expect(empty.view.failing).toMatchObject([{ records: [], misses: [{ required: true }] }]);
});

test('a refusal is kept with what came with it, without cookies', async () => {
  const site = await serveShop();
  const source = await evidenceSource(newSource, shopConfig(site));
  const headers = { 'set-cookie': 'sid=4711', 'x-served-by': 'wall' };
  for (let at = 0; at < PRODUCTS; at += 1)
    site.put(`/p${at}`, { status: 403, headers, body: '<h1>Go away</h1>' });
  await source.collectRun('refused', 'failed');
  const rows = await source.rows();
  expect(rows[0]).toMatchObject({ role: 'failing', facts: { status: 403, failure: 'Blocked' } });
  expect(rows[0]?.facts['headers']).toMatchObject({ 'x-served-by': 'wall' });
  expect(JSON.stringify(rows)).not.toContain('4711');
});

test('secrets of the source are in nothing that is kept, in any of their forms', async () => {
  const forms = [SECRET, encodeURIComponent(`${SECRET}&x`), Buffer.from(SECRET).toString('base64')];
  const echo = `<p class="echo">${forms.join(' ')}</p>`;
  const site = await serve({
    '/p0': productPage('A', '1', echo),
    '/p1': productPage('B', 'none', echo),
  });
  const config = {
    urls: [`${site.origin}/p0`, `${site.origin}/p1?key=${SECRET}`],
    headers: { 'x-api-key': '${env:TOKEN}' },
    extract: { ...PRODUCT_FIELDS, content: '.echo' },
  };
  const source = await evidenceSource(newSource, config);
  await source.collectRun('one', 'partial');
  const keys = await source.kept();
  expect(keys).toHaveLength(4);
  for (const key of keys) {
    const address = { ...EVIDENCE, key: `${EVIDENCE.prefix}/default/${source.id}/${key}`, signal };
    const text = await source.deps.objects.getText(address);
    for (const form of forms) expect(text).not.toContain(form);
  }
  expect(JSON.stringify(await source.rows())).not.toContain(SECRET);
});

test('a body beyond the cap is cut, says so, and is used for nothing', async () => {
  const large = JSON.stringify({ title: 'A', content: 'x'.repeat(6 * 1024 * 1024) });
  const site = await serve({
    '/api': { headers: { 'content-type': 'application/json' }, body: large },
  });
  const field = { type: 'text', cardinality: 'one', required: true, stable: false } as const;
  const extract = { title: { ...field, locators: [{ json: 'name' }] } };
  const source = await evidenceSource(newSource, { urls: [`${site.origin}/api`], extract });
  await source.collectRun('one', 'held');
  const [row] = await source.rows();
  const droppedBytes = large.length - 5 * 1024 * 1024;
  expect(row?.facts['cut']).toEqual({ droppedBytes, sha256: hash('sha256', large) });
  const loaded = await loadEvidence(questionOf(source, 'one'), source.deps);
  expect(loaded).toMatchObject({ kind: 'nothing' });
  expect(loaded.kind === 'nothing' && loaded.because).toContain(`cut by ${droppedBytes} bytes`);
});

test('without a place for evidence a run counts, and a repair says which setting is missing', async () => {
  const site = await serveShop();
  const source = await evidenceSource(newSource, shopConfig(site), { withoutEvidence: true });
  await source.collectRun('one');
  expect(await source.tally('one')).toMatchObject({ pages: PRODUCTS });
  expect(await source.rows()).toEqual([]);
  const loaded = await loadEvidence(questionOf(source, 'one'), source.deps);
  expect(loaded).toMatchObject({
    kind: 'nothing',
    because: expect.stringContaining('Knowledge base "main" has no "evidence"') as string,
  });
});

test('a body that is not what its name says is left out, and said', async () => {
  const site = await serveShop();
  const source = await evidenceSource(newSource, shopConfig(site));
  await source.collectRun('good');
  breakShop(site);
  await source.collectRun('broken', 'held');
  const shown = (await source.kept()).filter((key) => key.startsWith('bodies/'));
  for (const key of shown)
    await source.deps.objects.put({
      bucket: EVIDENCE.bucket,
      key: `${EVIDENCE.prefix}/default/${source.id}/${key}`,
      body: Buffer.from('another'),
      contentType: 'text/html',
      signal,
    });
  const loaded = await loadEvidence(questionOf(source, 'broken'), source.deps);
  expect(loaded.kind === 'nothing' && loaded.because).toContain('its sha256 is another one');
});

test('a bundle refers to bodies by hash, names none that is held out, and is the same for the same evidence', async () => {
  const site = await serveShop();
  const source = await evidenceSource(newSource, shopConfig(site));
  await source.collectRun('good');
  breakShop(site);
  await source.collectRun('broken', 'held');
  const question = {
    ...questionOf(source, 'broken'),
    incident: 'incident-1',
    because: `Field "price" is missing in 10 of 10 records; the key was ${SECRET}.`,
    facts: ['It is about "price".'],
    changes: { entries: [], dropped: 0 },
    redact: (text: string) => text.replaceAll(SECRET, '[secret]'),
  };
  const one = await writeBundle(question, source.deps);
  expect(await writeBundle(question, source.deps)).toEqual(one);
  const body = await getEvidence(source.deps.objects, { ...EVIDENCE, key: one.key }, signal);
  expect(body.length).toBe(one.bytes);
  const text = body.toString('utf8');
  expect(text).not.toContain('held-out/');
  expect(text).not.toContain(SECRET);
  const bundle = JSON.parse(text) as {
    diff: { lines: readonly string[] };
    log: { lines: readonly string[] };
    failing: readonly unknown[];
  };
  expect(bundle.failing.length).toBeGreaterThanOrEqual(3);
  expect(bundle.diff.lines.join('\n')).toMatch(/^- .*p\.price \(1\)$/m);
  expect(bundle.diff.lines.join('\n')).toMatch(/^\+ .*b\.cost \(1\)$/m);
  expect(bundle.log.lines.some((line) => line.startsWith('10x SelectorMissing'))).toBe(true);
});
