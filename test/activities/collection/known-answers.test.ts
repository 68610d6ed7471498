import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { readFindings, resetBaseline } from '../../../adapters/postgres/good-runs.ts';
import { failure } from '../../../workflows/failures.ts';
import { startSite, type Site } from '../../fakes/site.ts';
import { withCollecting, type CallOptions } from './collecting.ts';
import {
  evidenceSource,
  productPage,
  PRODUCT_FIELDS,
  readOtherwiseThen,
  type EvidenceCase,
} from './evidence-source.ts';

const newSource = withCollecting();
const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

async function readOnce(stable: readonly string[]): Promise<EvidenceCase> {
  const site = await startSite({
    '/robots.txt': { status: 404 },
    '/a': productPage('Lamp'),
    '/b': productPage('Chair'),
  });
  sites.push(site);
  const { price } = PRODUCT_FIELDS;
  const name = { ...price, type: 'text', locators: [PRODUCT_FIELDS.name] };
  const isStable = (field: string) => ({ stable: stable.includes(field) });
  const source = await evidenceSource(newSource, {
    urls: [`${site.origin}/a`, `${site.origin}/b`],
    extract: { name: { ...name, ...isStable('name') }, price: { ...price, ...isStable('price') } },
  });
  await source.collectRun('one');
  return source;
}

/** The first page, or all of them, as if our parser had read them so in the first run. */
function readOtherwise(
  source: EvidenceCase,
  values: Record<string, unknown>,
  facts: Record<string, unknown> = {},
  page = '%/a',
): Promise<void> {
  return readOtherwiseThen(source, { page, records: [values], facts });
}

test('a stable value of a body that is read otherwise than before holds the run', async () => {
  const source = await readOnce(['name']);
  await readOtherwise(source, { name: 'Lantern', price: 12.5 });
  const { held } = await source.collect({ run: 'two', deps: source.deps });
  expect(held).toMatchObject({ failure: 'SchemaDrift', sample: ['name'] });
  expect(held?.reason).toContain('1 of 1 values that must not change did');
  expect(await readFindings(source.db, `${source.id}:two`)).toMatchObject([
    { detector: 'known-answer', failure: 'SchemaDrift', fields: ['name'] },
  ]);
});

test.each([
  ['the value is the same as then', ['name'], { name: 'Lamp', price: 99 }],
  ['the field may change', [], { name: 'Lantern', price: 12.5 }],
  ['the field was not there then', ['name'], { price: 12.5 }],
])('a run is not held where %s', async (_, stable, values) => {
  const source = await readOnce(stable);
  await readOtherwise(source, values);
  const { held } = await source.collect({ run: 'two', deps: source.deps });
  expect(held).toBeUndefined();
});

test.each([
  ['it was answered from another address', { finalUrl: 'http://127.0.0.1/elsewhere' }],
  ['its letters were other ones', { contentType: 'text/html; charset=iso-8859-1' }],
  ['it is only the beginning of one', { cut: { droppedBytes: 1, sha256: 'of-the-whole' } }],
])('an equal body is no known one where %s', async (_, facts) => {
  const source = await readOnce(['name']);
  await readOtherwise(source, { name: 'Lantern', price: 12.5 }, facts);
  const { held } = await source.collect({ run: 'two', deps: source.deps });
  expect(held).toBeUndefined();
});

async function wholeRun(source: EvidenceCase, run: string): Promise<'held' | 'succeeded'> {
  const { held } = await source.collect({ run, deps: source.deps });
  const status = held ? 'held' : 'succeeded';
  await source.finish(run, { verdict: { status, because: '' } }, { deps: source.deps });
  return status;
}

test('every run is held until a person says that what is read now is right, and none from then on', async () => {
  const source = await readOnce(['name']);
  await readOtherwise(source, { name: 'Lantern', price: 12.5 });
  const before = [await wholeRun(source, 'two'), await wholeRun(source, 'three')];
  const { id } = source;
  await resetBaseline(source.db, { tenant: 'default', source: id, by: 'ana', because: 'right' });
  const after = [await wholeRun(source, 'four'), await wholeRun(source, 'five')];
  expect([before, after]).toEqual([
    ['held', 'held'],
    ['succeeded', 'succeeded'],
  ]);
});

test('what the last good run has read is the measure, not what one before it has', async () => {
  const source = await readOnce(['name']);
  await readOtherwise(source, { name: 'Lantern', price: 12.5 });
  const { id } = source;
  await resetBaseline(source.db, { tenant: 'default', source: id, by: 'ana', because: 'right' });
  await wholeRun(source, 'two');
  await sql`delete from baseline_resets where source = ${id}`.execute(source.db);
  const onwards = await wholeRun(source, 'three');
  // As if a release had been taken back: what was good first is read again.
  await sql`update runs set finished_at = clock_timestamp() where id = ${`${id}:one`}`.execute(
    source.db,
  );
  expect([onwards, await wholeRun(source, 'four')]).toEqual(['succeeded', 'held']);
});

test('what cannot be read any more holds no run', async () => {
  const source = await readOnce(['name']);
  await readOtherwise(source, { name: 'Lantern', price: 12.5 });
  await sql`update evidence_pages set values_key = 'gone' where page like 'earlier-%'`.execute(
    source.db,
  );
  const { held } = await source.collect({ run: 'two', deps: source.deps });
  expect(held).toBeUndefined();
});

/** The second run, while S3 refuses the first reads of kept values. */
async function readRefused(source: EvidenceCase, refusals: number, options: CallOptions = {}) {
  const { objects } = source.deps;
  let asked = 0;
  const get: typeof objects.get = async (address) => {
    asked += 1;
    if (asked <= refusals) throw failure('Unavailable', 'S3 is away.');
    return objects.get(address);
  };
  const deps = { ...source.deps, objects: { ...objects, get } };
  const { held } = await source.collect({ run: 'two', ...options, deps });
  return { asked, failure: held?.failure };
}

test('one hiccup of S3 lets no other reading through', async () => {
  const source = await readOnce(['name']);
  await readOtherwise(source, { name: 'Lantern', price: 12.5 });
  expect(await readRefused(source, 1)).toEqual({ asked: 3, failure: 'SchemaDrift' });
});

test('an outage of S3 is waited for once, whatever is to be compared', async () => {
  const source = await readOnce(['name']);
  await readOtherwise(source, { name: 'Lantern', price: 12.5 }, {}, '%');
  expect(await readRefused(source, Infinity)).toEqual({ asked: 4, failure: undefined });
});

test('an attempt that waits for S3 at its end says that it is alive', async () => {
  const source = await readOnce(['name']);
  await readOtherwise(source, { name: 'Lantern', price: 12.5 });
  let beats = 0;
  await readRefused(source, Infinity, {
    heartbeatTimeoutMs: 90,
    watch: (env) => void env.on('heartbeat', () => (beats += 1)),
  });
  // One every 30 ms, of at least 1500 ms of waiting.
  expect(beats).toBeGreaterThan(20);
});
