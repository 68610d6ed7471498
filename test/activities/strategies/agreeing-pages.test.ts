import { describe, expect, test } from 'vitest';
import { agreeingPages } from '../../../activities/strategies/agreeing-pages.ts';
import type { EvidenceView, FailingPage } from '../../../activities/strategies/contract.ts';
import { specOf } from '../../../adapters/definitions/spec-digest.ts';
import { runExtractionSpec } from '../../../adapters/extraction/spec.ts';
import { productPage, products, type Layout } from '../../../examples/repair/shop.ts';
import type { ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';

const SPEC = specOf('shop', {
  title: 'h1.product-title',
  price: { type: 'number', normalise: ['stripCurrency'], locators: '.product-price' },
  content: '.product-text',
}) as ExtractionSpec;

const ALL = products(12);

function page(
  at: number,
  layout: Layout,
  edit: (html: string) => string = (html) => html,
): FailingPage {
  const product = ALL[at];
  if (!product) throw new Error('There are twelve products.');
  const url = `http://shop/products/${product.sku}`;
  const body = edit(productPage(product, layout, ALL.slice(at + 1, at + 3)));
  const { records, misses } = runExtractionSpec(SPEC, body, { url, deadlineMs: 5000 });
  return { url, finalUrl: url, status: 200, contentType: 'text/html', body, records, misses };
}

function view(
  failing: readonly FailingPage[],
  good = [0, 1, 2, 3, 4].map((at) => page(at, 'first')),
): EvidenceView {
  const failingFields = ['content', 'price', 'title'];
  return { failure: 'SelectorMissing', spec: SPEC, failingFields, failing, good };
}

describe('documents that fail together', () => {
  test.each<Layout>(['second', 'third'])(
    'show where each old value stands in layout "%s"',
    async (layout) => {
      const answer = await agreeingPages.propose(view([0, 1, 2, 3].map((at) => page(at, layout))));
      const patch = answer.proposals.flatMap((one) => one.patch);
      const patched = patchedSpec(SPEC, patch);
      if (!('spec' in patched)) throw new Error(patched.refused);
      const other = page(7, layout);
      const found = runExtractionSpec(patched.spec, other.body, {
        url: other.url,
        deadlineMs: 5000,
      });
      expect(found.records).toMatchObject([{ title: ALL[7]?.name, price: ALL[7]?.price }]);
      expect(found.misses).toEqual([]);
    },
  );

  test('are not believed when one of them shows another thing there', async () => {
    const torn = [0, 1, 2].map((at) =>
      page(at, 'second', (html) => (at > 0 ? html.replace(/item__name/, 'item__other') : html)),
    );
    const { proposals } = await agreeingPages.propose(view(torn));
    expect(proposals.flatMap((one) => one.patch).map(({ path }) => path)).not.toContain(
      '/fields/title/locators/0',
    );
  });

  test('say nothing when they are fewer than three', async () => {
    const answer = await agreeingPages.propose(view([0, 1].map((at) => page(at, 'second'))));
    expect(answer.proposals).toEqual([]);
    expect(answer.abstains).toContain('known from before');
  });

  test('say nothing when all of them have the same value, which may be anything', async () => {
    const same = (at: number): FailingPage => ({ ...page(0, 'second'), url: `http://shop/${at}` });
    const good = [0, 1, 2].map((at) => ({ ...page(0, 'first'), url: `http://shop/${at}` }));
    expect((await agreeingPages.propose(view([0, 1, 2].map(same), good))).proposals).toEqual([]);
  });

  test('say nothing when the values are gone', async () => {
    const gone = [0, 1, 2, 3].map((at) =>
      page(at, 'second', (html) => html.replace(/<article.*<\/article>/s, '')),
    );
    expect((await agreeingPages.propose(view(gone))).proposals).toEqual([]);
  });
});
