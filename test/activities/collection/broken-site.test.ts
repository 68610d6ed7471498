import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { http } from '../../../activities/sources/http.ts';
import type { BoundSourceType } from '../../../activities/sources/define-source.ts';
import { openIncidentsOf } from '../../../adapters/postgres/incidents.ts';
import { readRunSummary } from '../../../adapters/postgres/run-summaries.ts';
import { classify } from '../../../workflows/classify.ts';
import type { RunVerdict } from '../../../workflows/collection/run-status.ts';
import { startSite, type Page, type Site } from '../../fakes/site.ts';
import { hostsAtOnce } from '../../set-up/hosts-at-once.ts';
import { withCollecting, type SourceCase } from './collecting.ts';
import { productPage, PRODUCT_FIELDS } from './evidence-source.ts';

const newSource = withCollecting();
const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

const COUNT = 12;
const PAGES = Array.from({ length: COUNT }, (_, at) => `/p${at}`);

/** A shop of twelve products behind the real reader; its price may be missing. */
async function shop(): Promise<{ readonly source: SourceCase; readonly site: Site }> {
  const pages: Record<string, Page> = { '/robots.txt': { status: 404 } };
  for (const path of PAGES) pages[path] = productPage(`Product ${path.slice(2)}`);
  const site = await startSite(pages);
  sites.push(site);
  const price = { ...PRODUCT_FIELDS.price, required: false };
  const source = await newSource({
    type: 'http',
    config: {
      urls: PAGES.map((path) => `${site.origin}${path}`),
      extract: { name: PRODUCT_FIELDS.name, price },
    },
  });
  (source.deps.sourceTypes as Map<string, BoundSourceType>).set('http', http);
  Object.assign(source.deps, {
    settings: { ...source.deps.settings, allowedHosts: ['127.0.0.1'] },
    hosts: hostsAtOnce(),
  });
  return { source, site };
}

/** A run that throws is ended as the workflow does. */
async function runToEnd(source: SourceCase): Promise<RunVerdict> {
  try {
    return await source.run();
  } catch (error) {
    const { name, message } = classify(error);
    const verdict = { status: 'failed', because: message, failure: name } as const;
    const { rows } = await sql<{ id: string }>`
      select id from runs where source = ${source.id} and status = 'running'`.execute(source.db);
    await source.finish(rows[0]?.id ?? '', { verdict });
    return verdict;
  }
}

const openOf = (source: SourceCase) =>
  openIncidentsOf(source.db, { tenant: 'default', source: source.id });

test('a site whose price moves is read as before, and the run is held by the rule that saw it', async () => {
  const { source, site } = await shop();
  const good = await source.run();
  for (const path of PAGES)
    site.put(
      path,
      productPage(`Product ${path.slice(2)}`).replace('class="price"', 'class="cost"'),
    );

  const broken = await source.run();

  expect(good.status).toBe('succeeded');
  expect(broken).toMatchObject({
    status: 'held',
    failure: 'SelectorMissing',
    counts: { deleted: 0 },
  });
  const [incident] = await openOf(source);
  const summary = await readRunSummary(source.db, broken.run);
  expect(incident).toMatchObject({
    detector: 'field-emptiness',
    fields: ['price'],
    specDigest: summary?.specDigest,
  });
  expect(broken.because).toContain(`repair show ${incident?.id}`);
});

test('a site whose titles move fails by its name, and the incident knows the field', async () => {
  const { source, site } = await shop();
  await source.run();
  for (const path of PAGES)
    site.put(
      path,
      productPage(`Product ${path.slice(2)}`).replace('class="name"', 'class="title"'),
    );

  const broken = await runToEnd(source);

  expect(broken).toMatchObject({ status: 'failed', failure: 'SelectorMissing' });
  expect(await openOf(source)).toMatchObject([
    { failure: 'SelectorMissing', detector: 'required-field', fields: ['name'], enough: true },
  ]);
  expect(Object.keys(await source.stored())).toHaveLength(COUNT);
});

test('a site that refuses is blocked: no selector cures it', async () => {
  const { source, site } = await shop();
  await source.run();
  for (const path of PAGES) site.put(path, { status: 403, body: 'no' });

  const broken = await runToEnd(source);

  expect(broken).toMatchObject({ status: 'failed', failure: 'Blocked' });
  expect(await openOf(source)).toMatchObject([{ failure: 'Blocked', detector: 'run' }]);
});
