import { execFile } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import {
  closeExtractionPool,
  extractionThreads,
  readInThread,
} from '../../../adapters/extraction/extract-pool.ts';
import { readings } from '../../../adapters/extraction/readings.ts';
import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import { articlePage } from '../../fakes/site.ts';

const url = 'https://docs.example/guide?id=1';
const good = { text: articlePage('Pumps', ['/a']), url };
/** Takes the parser half a minute: every level is legal, and there are 500 such towers. */
const slow = { text: `${'<div>'.repeat(900)}x${'</div>'.repeat(900)}`.repeat(500), url };
/** More than a million elements in less than 5 MB. */
const large = { text: `<p>${'<br>'.repeat(1_300_000)}`, url };

afterEach(closeExtractionPool);

describe('B4: a page read in a thread', () => {
  test('gives what it gives here', async () => {
    const spec = expandExtraction('docs', { title: 'h1', content: 'article', none: '.none' });

    const page = await readInThread('page', { ...good, spec });

    expect(page).toStrictEqual(readings.page({ ...good, spec }));
    expect(page.extraction?.records[0]?.['content']).toContain('# Pumps');
    expect(page.extraction?.misses).toMatchObject([{ field: 'none' }]);
    expect(await readInThread('markdown', good)).toBe(readings.markdown(good));
  });

  test('the article is the same whether or not a spec read the page before', () => {
    const spec = expandExtraction('docs', { title: 'h1', content: 'article' });

    expect(readings.page({ ...good, spec }).article).toStrictEqual(readings.page(good).article);
  });

  test('data is read by its paths', async () => {
    const spec = expandExtraction('docs', { title: { ...FIELD, locators: [{ json: 'a.b' }] } });

    const found = await readInThread('data', { text: '{"a":{"b":"T"}}', url, spec });

    expect(found.records).toStrictEqual([{ title: 'T' }]);
  });
});

const FIELD = { type: 'text', cardinality: 'one', required: true, stable: false } as const;

describe('a page that takes too long', () => {
  test('fails alone at its deadline, and the event loop never stops for it', async () => {
    await readInThread('page', good);
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();

    const spinning = readInThread('page', slow, { deadlineMs: 2000 });
    const outcome = spinning.catch((error: unknown) => error);
    const beside = await readInThread('page', good);

    expect(await outcome).toMatchObject({
      type: 'InvalidDocument',
      message: 'Reading "https://docs.example/guide" took more than 2 seconds. Exclude it.',
    });
    delay.disable();
    // A heartbeat comes every few seconds; here nothing ever waited for one.
    expect(delay.max / 1e6).toBeLessThan(2000);
    expect(beside.article.title).toBe('Pumps');
    expect((await readInThread('page', good)).article.title).toBe('Pumps');
  });

  test('does not take the time of those that wait for a thread', async () => {
    const slowOnes = Array.from({ length: 8 }, () =>
      readInThread('page', slow, { deadlineMs: 700 }).catch((error: Error) => error.message),
    );
    const behind = readInThread('page', good, { deadlineMs: 1500 });

    expect((await behind).article.title).toBe('Pumps');
    expect(new Set(await Promise.all(slowOnes))).toStrictEqual(
      new Set(['Reading "https://docs.example/guide" took more than 0.7 seconds. Exclude it.']),
    );
  });

  test('ends at once when the run is cancelled, also while it waits for a thread', async () => {
    const stop = new AbortController();
    const reason = new Error('shutdown');
    const limits = { signal: stop.signal };
    const all = Array.from({ length: 8 }, () => readInThread('page', slow, limits));
    const ended = Promise.allSettled(all);
    const startedAt = await new Promise<number>((resolve) =>
      setTimeout(() => {
        stop.abort(reason);
        resolve(performance.now());
      }, 800),
    );

    expect(await ended).toStrictEqual(all.map(() => ({ status: 'rejected', reason })));
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect((await readInThread('page', good)).article.title).toBe('Pumps');
  });
});

describe('a page that takes too much', () => {
  test('memory fails alone, and the process lives', async () => {
    const greedy = readInThread('page', large, { maxHeapMb: 200 });

    await expect(greedy).rejects.toMatchObject({
      type: 'InvalidDocument',
      message: expect.stringContaining('took more than 200 MB. Exclude it.'),
    });
    expect((await readInThread('page', good)).article.title).toBe('Pumps');
  });

  test.each(['div', 'x', 'my-element'])('levels is plain text: a million of <%s>', async (name) => {
    const text = `<body>${`<${name}>`.repeat(1_000_000)}deep text`;

    expect((await readInThread('page', { text, url })).article.markdown).toBe('deep text');
    expect(await readInThread('markdown', { text, url })).toBe('deep text');
  });
});

test('no thread is left over after a closing, and the next page starts new ones', async () => {
  await readInThread('page', good);
  const during = await extractionThreads();
  await closeExtractionPool();

  expect([during, await extractionThreads()]).toStrictEqual([1, 0]);
  expect((await readInThread('page', good)).article.title).toBe('Pumps');
});

test('a program that forgets to close the pool ends all the same', async () => {
  const module = import.meta.resolve('../../../adapters/extraction/extract-pool.ts');
  const program = `import { readInThread } from ${JSON.stringify(module)};
    const { article } = await readInThread('page', { text: '<h1>T</h1><p>x', url: 'https://a.example/' });
    console.log(article.heading);`;

  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', program],
    { timeout: 20_000 },
  );

  expect(stdout).toBe('T\n');
});
