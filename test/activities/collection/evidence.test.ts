import type { KyselyPlugin } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { removeEvidence } from '../../../activities/mending/remove-evidence.ts';
import { readEvidenceProblem } from '../../../adapters/postgres/evidence-pages.ts';
import { failure } from '../../../workflows/failures.ts';
import { startSite, withEtag, type Page, type Site } from '../../fakes/site.ts';
import { withCollecting } from './collecting.ts';
import { EVIDENCE, evidenceSource, productPage, PRODUCT_FIELDS } from './evidence-source.ts';

const newSource = withCollecting();
const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

async function serve(pages: Readonly<Record<string, Page>>): Promise<Site> {
  const site = await startSite({ '/robots.txt': { status: 404 }, ...pages });
  sites.push(site);
  return site;
}

function shop(count: number): Record<string, Page> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`/p${at}`, productPage(`Product ${at}`)]),
  );
}

const configOf = (site: Site, count: number) => ({
  urls: Array.from({ length: count }, (_, at) => `${site.origin}/p${at}`),
  extract: PRODUCT_FIELDS,
});

test('a good run keeps bodies with their values, and the same run once more writes nothing', async () => {
  const site = await serve(shop(5));
  const source = await evidenceSource(newSource, configOf(site, 5));
  await source.collectRun('one');
  const kept = await source.kept();
  expect(kept.filter((key) => key.startsWith('bodies/')).length).toBeGreaterThan(0);
  expect(kept.filter((key) => key.startsWith('held-out/')).length).toBeGreaterThan(0);
  expect(kept).toHaveLength(10);
  const puts = source.server.requests.count('PutObject');
  await source.collectRun('two');
  expect(source.server.requests.count('PutObject')).toBe(puts);
  expect(await source.kept()).toEqual(kept);
  const rows = await source.rows();
  expect(rows).toHaveLength(5);
  for (const row of rows) expect(row.confirmed).toEqual([`${source.id}:two`, `${source.id}:one`]);
});

test('a run counts its fields, and pages that were not modified apart', async () => {
  const pages = { '/p0': withEtag(productPage('A'), '"1"'), '/p1': productPage('B', 'none') };
  const site = await serve(pages);
  const source = await evidenceSource(newSource, configOf(site, 2));
  await source.collectRun('one', 'partial');
  expect(await source.tally('one')).toMatchObject({
    pages: 2,
    unmodified: 0,
    records: 2,
    failedPages: 1,
    failures: { SelectorMissing: 1 },
    fields: [
      { name: 'name', required: true, present: 2, missing: 0, served: [2] },
      { name: 'price', required: true, present: 1, missing: 1, empty: 1, served: [1] },
    ],
  });
  await source.collectRun('two', 'partial');
  expect(await source.tally('two')).toMatchObject({ pages: 1, unmodified: 1 });
});

test('pages that are not modified keep their samples', async () => {
  const count = 4;
  const names = Array.from({ length: count }, (_, at) => at);
  const pages = names.map(
    (at) => [`/p${at}`, withEtag(productPage(`P ${at}`), `"${at}"`)] as const,
  );
  const site = await serve(Object.fromEntries(pages));
  const source = await evidenceSource(newSource, configOf(site, count));
  await source.collectRun('one');
  const [kept, rows] = [await source.kept(), await source.rows()];
  expect(rows).toHaveLength(count);
  for (const run of ['two', 'three', 'four', 'five', 'six', 'seven']) await source.collectRun(run);
  expect(await source.tally('seven')).toMatchObject({ pages: 0, unmodified: count });
  expect(await source.kept()).toEqual(kept);
  expect(await source.rows()).toEqual(rows);
});

test('of a document whose values change five known good versions stay beside that of the last run, and the objects of older ones go', async () => {
  const site = await serve(shop(1));
  const source = await evidenceSource(newSource, configOf(site, 1));
  for (let at = 0; at < 8; at += 1) {
    site.put('/p0', productPage('Product 0', `${at + 1}.00`));
    await source.collectRun(`run-${at}`);
  }
  expect((await source.rows()).map(({ run }) => run.split(':').at(-1))).toEqual(
    ['2', '3', '4', '5', '6', '7'].map((at) => `run-${at}`),
  );
  expect(await source.kept()).toHaveLength(12);
});

test('a body that changes alone, such as by a nonce, is confirmed and not stored again', async () => {
  const site = await serve(shop(1));
  const source = await evidenceSource(newSource, configOf(site, 1));
  await source.collectRun('one');
  const kept = await source.kept();
  site.put('/p0', productPage('Product 0', '12.50', '<i>4711</i>'));
  await source.collectRun('two');
  expect(await source.kept()).toEqual(kept);
  expect((await source.rows())[0]?.confirmed).toHaveLength(2);
});

test('thirty pages leave samples of twenty, the same ones in each run', async () => {
  const site = await serve(shop(30));
  const source = await evidenceSource(newSource, configOf(site, 30));
  await source.collectRun('one');
  const sampled = (await source.rows()).map(({ url }) => url).toSorted();
  expect(sampled).toHaveLength(20);
  for (let at = 0; at < 30; at += 1) site.put(`/p${at}`, productPage(`Product ${at}`, '99.00'));
  await source.collectRun('two');
  const rows = await source.rows();
  expect(rows).toHaveLength(40);
  expect([...new Set(rows.map(({ url }) => url))].toSorted()).toEqual(sampled);
});

test('a document stays on its side, whatever comes and goes', async () => {
  const site = await serve(shop(2));
  const two = configOf(site, 2);
  const source = await evidenceSource(newSource, two);
  await source.collectRun('one');
  const sidesOf = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await source.rows()).map(({ url, side }) => [url, side]));
  const first = await sidesOf();
  expect(new Set(Object.values(first))).toEqual(new Set(['shown']));
  for (const [path, page] of Object.entries(shop(12))) site.put(path, page);
  await source.redefine({ config: configOf(site, 12) });
  await source.collectRun('two');
  const second = await sidesOf();
  expect(second).toMatchObject(first);
  expect(new Set(Object.values(second))).toEqual(new Set(['shown', 'held-out']));
  for (let at = 0; at < 12; at += 1) site.put(`/p${at}`, productPage(`Product ${at}`, '1.00'));
  await source.collectRun('three');
  for (const { url, side } of await source.rows()) expect([url, side]).toEqual([url, second[url]]);
});

test('an attempt that dies between S3 and its commit leaves nothing twice, and counts nothing twice', async () => {
  const site = await serve(shop(5));
  const source = await evidenceSource(newSource, configOf(site, 5));
  const dying: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (JSON.stringify(node).includes('evidence_new')) throw new Error('killed');
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  const db = source.deps.db.withPlugin(dying);
  const dead = source.collect({ run: 'one', deps: { ...source.deps, db } });
  await expect(dead).rejects.toThrow('killed');
  const orphans = await source.kept();
  expect(orphans).toHaveLength(10);
  expect(await source.rows()).toEqual([]);
  expect(await source.tally('one')).toBeUndefined();
  await source.collectRun('one', 'succeeded', { attempt: 2 });
  expect(await source.kept()).toEqual(orphans);
  expect(await source.rows()).toHaveLength(5);
  expect(await source.tally('one')).toMatchObject({ pages: 5, records: 5 });
});

test('a run that is read twice to its end counts the second reading alone', async () => {
  const site = await serve(shop(3));
  const source = await evidenceSource(newSource, configOf(site, 3));
  await source.collect({ run: 'one', deps: source.deps });
  await source.collect({ run: 'one', deps: source.deps, attempt: 2 });
  expect(await source.tally('one')).toMatchObject({ pages: 3, records: 3 });
  expect(await source.rows()).toHaveLength(3);
});

test('what S3 does not take at first is kept all the same', async () => {
  const site = await serve(shop(3));
  const source = await evidenceSource(newSource, configOf(site, 3));
  const refused = new Set<string>();
  const { objects } = source.deps;
  const moody = {
    ...objects,
    put(input: Parameters<typeof objects.put>[0]) {
      if (!input.key.startsWith(EVIDENCE.prefix) || refused.has(input.key))
        return objects.put(input);
      refused.add(input.key);
      return Promise.reject(failure('Unavailable', 'S3 hung up.'));
    },
  };
  await source.collectRun('one', 'succeeded', { deps: { ...source.deps, objects: moody } });
  expect(refused.size).toBe(6);
  expect(await source.kept()).toHaveLength(6);
  expect(await readEvidenceProblem(source.db, `${source.id}:one`)).toBeUndefined();
});

test('an outage of S3 is waited for in the first batch that meets it, and not in each', async () => {
  const site = await serve(shop(25));
  const source = await evidenceSource(newSource, configOf(site, 25));
  const tries = new Map<string, number>();
  const { objects, tuning } = source.deps;
  const away = {
    ...objects,
    put(input: Parameters<typeof objects.put>[0]) {
      if (!input.key.startsWith(EVIDENCE.prefix)) return objects.put(input);
      tries.set(input.key, (tries.get(input.key) ?? 0) + 1);
      return Promise.reject(failure('Unavailable', 'S3 hung up.'));
    },
  };
  const deps = { ...source.deps, objects: away, tuning: { ...tuning, commitEveryMs: 0 } };
  await source.collectRun('one', 'succeeded', { deps });
  const [first, later] = [[...tries.values()].slice(0, 8), [...tries.values()].slice(8)];
  expect([new Set(first), new Set(later)]).toEqual([new Set([4]), new Set([1])]);
  expect(Object.keys(await source.stored())).toHaveLength(25);
});

test('where S3 takes no evidence the documents are stored all the same, and the run says why there is none', async () => {
  const site = await serve(shop(3));
  const source = await evidenceSource(newSource, configOf(site, 3));
  const { knowledgeBase } = source.definition();
  const evidence = { bucket: 'no-such-bucket', prefix: 'kept' };
  await source.redefine({ knowledgeBase: { ...knowledgeBase, evidence } });
  await source.collectRun('one');
  expect(await source.tally('one')).toMatchObject({ pages: 3 });
  expect(await source.rows()).toEqual([]);
  expect(await readEvidenceProblem(source.db, `${source.id}:one`)).toContain('no-such-bucket');
  expect(Object.keys(await source.stored())).toHaveLength(3);
});

test('forgetting removes rows and objects, also those without a row, and may be repeated', async () => {
  const site = await serve(shop(4));
  const source = await evidenceSource(newSource, configOf(site, 4));
  await source.collectRun('one');
  const orphan = `${EVIDENCE.prefix}/default/${source.id}/bundles/orphan`;
  const signal = AbortSignal.timeout(60_000);
  const body = Buffer.from('{}');
  const contentType = 'application/json';
  const put = { bucket: EVIDENCE.bucket, key: orphan, body, contentType, signal };
  await source.deps.objects.put(put);
  for (let times = 0; times < 2; times += 1) {
    await removeEvidence(source.definition(), source.deps, signal);
    expect(await source.kept()).toEqual([]);
    expect(await source.rows()).toEqual([]);
    expect(await source.tally('one')).toBeUndefined();
  }
});
