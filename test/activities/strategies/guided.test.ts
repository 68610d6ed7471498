import { expect, test } from 'vitest';
import { expandExtraction } from '../../../adapters/extraction/spec.ts';
import { guidedStrategy } from '../../../activities/strategies/guided.ts';
import type { EvidenceView } from '../../../activities/strategies/contract.ts';

const spec = expandExtraction('shop', { title: 'h1', price: '.price', content: 'main' });

async function cssOf(text: string): Promise<readonly unknown[]> {
  const view = { spec } as EvidenceView;
  const { proposals } = await guidedStrategy(text).propose(view);
  return proposals.flatMap(({ patch }) =>
    patch.map((one) => [one.path, 'value' in one ? one.value : undefined]),
  );
}

test.each([
  'title: h1.name\nprice: p > b',
  'title: h1.name price: p > b',
  'title: h1.name; price: p > b',
])('several fields are told by "%s"', async (text) => {
  expect(await cssOf(text)).toEqual([
    ['/fields/title/locators/0', { css: 'h1.name' }],
    ['/fields/price/locators/0', { css: 'p > b' }],
  ]);
});

test('a selector that looks like the name of a field stays whole', async () => {
  expect(await cssOf('title: svg title:first-child')).toEqual([
    ['/fields/title/locators/0', { css: 'svg title:first-child' }],
  ]);
});
