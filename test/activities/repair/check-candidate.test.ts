import { afterAll, describe, expect, test } from 'vitest';
import { checkCandidate } from '../../../activities/repair/check-candidate.ts';
import { closeExtractionPool } from '../../../adapters/extraction/extract-pool.ts';
import { CHECK_NAMES, combined, verdictOf } from '../../../workflows/repair/checks.ts';
import { evidenceOf, type BodyPair } from '../strategies/broken.ts';
import { productOf, type Product } from '../strategies/products.ts';

afterAll(closeExtractionPool);

const EXTRACT = {
  title: { stable: true, locators: 'h1.name' },
  price: { type: 'number', locators: '.price' },
};

function before({ title, price }: Product): string {
  return `<main><h1 class="name">${title}</h1><p class="price">${price}</p><h2>More</h2></main>`;
}

function now({ title, price }: Product): string {
  return `<main><h1 class="heading">${title}</h1><p class="price">${price}</p><h2>Like this</h2></main>`;
}

function pairs(count: number): readonly BodyPair[] {
  return Array.from({ length: count }, (_, at) => {
    const one = productOf(11, at);
    return { url: one.url, before: before(one), now: now(productOf(11, at, 'later')) };
  });
}

const heldOut = [20, 21].map((at) => {
  const one = productOf(11, at);
  return { url: one.url, before: before(one), heldOut: true };
});

const evidence = evidenceOf({ extract: EXTRACT, pages: [...pairs(3), ...heldOut] });
const title = (css: string) =>
  [{ op: 'add', path: '/fields/title/locators/0', value: { css } }] as const;

describe('the checks of a candidate (repair 6)', () => {
  test('a right fix passes all of them, in their order', async () => {
    const { checks, features, spec } = await checkCandidate(title('h1.heading'), evidence);

    expect(checks.map(({ check }) => check)).toEqual(CHECK_NAMES);
    expect(combined(checks)).toBe('pass');
    expect(features).toMatchObject({ f2p: 1, holdout: 1, breadth: 0 });
    expect(features.oracle).toBeGreaterThanOrEqual(0.9);
    expect(features.size).toBeGreaterThan(0);
    expect(features.drift).toBeGreaterThan(0);
    expect(features.drift).toBeLessThan(1);
    expect(spec?.fields['title']?.locators).toEqual([{ css: 'h1.heading' }, { css: 'h1.name' }]);
  });

  test('a field that is still missing fails f2p', async () => {
    const { checks, features } = await checkCandidate(title('h1.other'), evidence);

    expect(verdictOf(checks, 'f2p')).toBe('fail');
    expect(features.f2p).toBeLessThan(1);
  });

  test('another value on a good body is a regression, though it looks well', async () => {
    const { checks } = await checkCandidate(title('h2'), evidence);

    const report = checks.find(({ check }) => check === 'p2p');
    expect(report?.verdict).toBe('fail');
    expect(report?.findings).toContainEqual(
      expect.stringMatching(/^Field "title" has another value on ".*" than before\.$/u),
    );
  });

  test('without bodies that were held out the hold-out is inconclusive, not passed', async () => {
    const few = evidenceOf({ extract: EXTRACT, pages: pairs(2) });
    const { checks, features } = await checkCandidate(title('h1.heading'), few);

    expect(verdictOf(checks, 'holdout')).toBe('inconclusive');
    expect(features).not.toHaveProperty('holdout');
  });

  test('without any good sample nothing is learned, and the drift is total', async () => {
    const none = evidenceOf({
      extract: EXTRACT,
      pages: pairs(2).map(({ url, now: body = '' }) => ({ url, now: body })),
    });
    const { checks, features } = await checkCandidate(title('h1.heading'), none);

    expect(verdictOf(checks, 'f2p')).toBe('pass');
    expect(combined(checks)).toBe('inconclusive');
    expect(features.drift).toBe(1);
  });

  test('a candidate that is no spec meets no body', async () => {
    const { checks, features, values } = await checkCandidate(title('h1['), evidence);

    expect(verdictOf(checks, 'paths')).toBe('pass');
    expect(verdictOf(checks, 'schema')).toBe('fail');
    expect(verdictOf(checks, 'f2p')).toBe('inconclusive');
    expect(features).toMatchObject({ f2p: 0, oracle: 0 });
    expect(values).toEqual([]);
  });

  test('people see the change and the values, without what a page may hide in them', async () => {
    const hidden = '\u202Egnp.exe\u0007\n\u2028 lamp'.concat('x'.repeat(5_000));
    const page = {
      url: 'https://shop.example/a',
      before: '<h1 class="name">Brass lamp</h1>',
      now: `<h1 class="heading">${hidden}</h1>`,
    };
    const hostile = evidenceOf({ extract: { title: { locators: 'h1.name' } }, pages: [page] });
    const { changes, values } = await checkCandidate(title('h1.heading'), hostile);

    expect(changes).toEqual(['add /fields/title/locators/0 {"css":"h1.heading"}']);
    expect(values).toEqual([
      { field: 'title', before: 'Brass lamp', after: expect.stringMatching(/^gnp\.exe lampx+…$/u) },
    ]);
    expect(values[0]?.after.length).toBeLessThanOrEqual(200);
  });

  test('what people see stays below 4 KB, however many fields change', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `field${at}`);
    const many = evidenceOf({
      extract: Object.fromEntries(names.map((name) => [name, `.${name}`])),
      pages: [
        {
          url: 'https://shop.example/a',
          before: names.map((name) => `<p class="${name}">${'ü'.repeat(400)}</p>`).join(''),
          now: names.map((name) => `<p class="new-${name}">${'ü'.repeat(400)}</p>`).join(''),
        },
      ],
    });
    const patch = names.map((name) => ({
      op: 'add' as const,
      path: `/fields/${name}/locators/0`,
      value: { css: `.new-${name}` },
    }));
    const { changes, values, checks } = await checkCandidate(patch, many);

    expect(verdictOf(checks, 'f2p')).toBe('pass');
    expect(Buffer.byteLength(JSON.stringify({ changes, values }))).toBeLessThanOrEqual(4_096);
    expect(values.length).toBeGreaterThan(1);
  });

  test('a body that nobody can read fails its checks, and the others are read', async () => {
    const bad = { url: 'https://shop.example/deep', now: '<div>'.repeat(100_000) };
    const mixed = evidenceOf({ extract: EXTRACT, pages: pairs(2) });
    const view = {
      ...mixed.view,
      failing: [
        ...mixed.view.failing,
        {
          ...bad,
          finalUrl: bad.url,
          status: 200,
          contentType: 'text/html',
          body: bad.now,
          records: [],
          misses: [],
        },
      ],
    };
    const { checks } = await checkCandidate(title('h1.heading'), { view, heldOut: [] });

    expect(verdictOf(checks, 'f2p')).toBe('fail');
    expect(verdictOf(checks, 'p2p')).toBe('pass');
  }, 90_000);

  test('an abort ends it with its reason', async () => {
    const reason = new Error('the activity was cancelled');
    const signal = AbortSignal.abort(reason);

    await expect(checkCandidate(title('h1'), evidence, { signal })).rejects.toBe(reason);
  });
});
