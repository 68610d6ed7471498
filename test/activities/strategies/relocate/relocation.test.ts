import { describe, expect, test } from 'vitest';
import type { EvidenceView, StrategyAnswer } from '../../../../activities/strategies/contract.ts';
import { readPage } from '../../../../activities/strategies/evidence/pages.ts';
import { failingFields } from '../../../../activities/strategies/failing-fields.ts';
import { similarity } from '../../../../activities/strategies/similarity.ts';
import { valueAnchor } from '../../../../activities/strategies/value-anchor.ts';
import type {
  ExtractedRecord,
  ExtractionSpec,
} from '../../../../workflows/collection/extraction-spec.ts';
import { describeStrategy } from '../../../contracts/strategy.ts';
import { applyPatch } from '../../../../workflows/repair/apply-patch.ts';

const PARTS = [
  'Brass arm, 40 cm',
  'Linen shade, natural',
  'Cable, 2 m, textile',
  'Foot of cast iron',
];
const OTHERS = ['Oak seat, oiled', 'Four legs, turned', 'Felt pads, 20 mm'];
const TIPS = [
  'How we oil our chairs',
  'A lamp for every desk',
  'Visit us in Leipzig',
  'All about linen',
];

const PART_LIST = { css: 'ul.parts li', cardinality: 'many' } as const;
const NAME = { css: 'h1.product-name', cardinality: 'one' } as const;

describeStrategy(valueAnchor, {
  mends: () => viewOf(PART_LIST, goodPage(PARTS), renamedPage(PARTS)),
  declines: () => viewOf(PART_LIST, goodPage(PARTS), renamedPage([])),
});
describeStrategy(similarity, {
  mends: () => viewOf(PART_LIST, goodPage(PARTS), renamedPage(OTHERS)),
  declines: () => viewOf(PART_LIST, goodPage(PARTS), renamedPage(undefined)),
});

describe('what has moved is found again (repair 4.1)', () => {
  test('a list whose values stand below other names', async () => {
    const view = viewOf(PART_LIST, goodPage(PARTS), renamedPage(PARTS));

    expect(await repaired(view, await valueAnchor.propose(view))).toEqual(PARTS);
  });

  test('a list with other values, by its heading, its shape and its neighbours', async () => {
    const view = viewOf(PART_LIST, goodPage(PARTS), renamedPage(OTHERS));

    expect(abstention(await valueAnchor.propose(view))).toContain('do not stand on this page');
    expect(await repaired(view, await similarity.propose(view))).toEqual(OTHERS);
  });

  test('the name of the page, where another heading took its place', async () => {
    const view = viewOf(NAME, goodPage(PARTS), renamedPage(OTHERS, 'Kitchen chair'));

    expect(await repaired(view, await similarity.propose(view))).toBe('Kitchen chair');
  });

  test('a list that the selector mixes with other texts, when all known values are among them', () => {
    const spec = specOf(PART_LIST);
    const good = { ...bodyOf(goodPage(PARTS), 'then'), records: [{ value: PARTS }] };
    const page = bodyOf(`<ul class="parts">${items([...PARTS, ...TIPS])}</ul>`, 'now');

    expect(failingFields(spec, good, page, readPage(page, spec))).toEqual(['value']);
  });

  test('elements of a list that lie within one another are a failure, other values are none', () => {
    const spec = specOf({ css: '.parts span', cardinality: 'many' });
    const row = (text: string): string => `<li><span>${text}</span></li>`;
    const list = (rows: readonly string[]): string => `<ul class="parts">${rows.join('')}</ul>`;
    const good = { ...bodyOf(list(PARTS.map(row)), 'then'), records: [{ value: PARTS }] };
    const failingAt = (body: string): readonly string[] => {
      const page = bodyOf(body, 'now');
      return failingFields(spec, good, page, readPage(page, spec));
    };

    expect(failingAt(list(OTHERS.map((one) => row(`<span>${one}</span>`))))).toEqual(['value']);
    expect(failingAt(list(OTHERS.map(row)))).toEqual([]);
  });
});

describe('what is gone is not found', () => {
  test.each([
    ['the values alone', renamedPage([])],
    ['the list with its heading', renamedPage(undefined)],
  ])('%s', async (_what, page) => {
    const view = viewOf(PART_LIST, goodPage(PARTS), page);

    expect(abstention(await valueAnchor.propose(view))).not.toBe('');
    expect(abstention(await similarity.propose(view))).not.toBe('');
  });

  test('a comment that quotes the old name, and a link to it, are not the name', async () => {
    const page = `<title>Shop</title><nav><a href="/1">Desk lamp</a></nav>
      <div class="comments"><p>the desk lamp is a lovely lamp</p><p>Desk lamp</p></div>`;
    const view = viewOf(NAME, goodPage(PARTS), page);

    expect((await valueAnchor.propose(view)).proposals).toEqual([]);
    expect((await similarity.propose(view)).proposals).toEqual([]);
  });

  test('what stood elsewhere on the good page, too, is not the value', async () => {
    const view = viewOf(PART_LIST, goodPage(PARTS), `<h2>Read on</h2><ul>${items(TIPS)}</ul>`);

    expect((await similarity.propose(view)).proposals).toEqual([]);
  });

  test('without a good page nothing is known', async () => {
    const view = { ...viewOf(PART_LIST, goodPage(PARTS), renamedPage(PARTS)), good: [] };

    expect(abstention(await similarity.propose(view))).toBe(
      'No good page shows where the field "value" stood.',
    );
  });
});

describe('hostile pages', () => {
  const deep = `${'<div>'.repeat(5000)}x${'</div>'.repeat(5000)}`;
  const unclosed = '<ul><li>'.repeat(20_000);
  const wide = `<ul>${items(Array.from({ length: 8000 }, (_, at) => `Item ${at} of very many`))}</ul>`;
  const garbage = '<<<p class="\u0000"><li <ul>]]>&#xFFFFFF;<table><tr><h1><a href=';

  test.each([
    ['deep', deep],
    ['unclosed', unclosed],
    ['wide', wide],
    ['garbage', garbage],
    ['empty', ''],
    ['one text of 5 MB', 'x '.repeat(2_500_000)],
  ])('%s: no fix, no error, in bounded time', { timeout: 30_000 }, async (_what, page) => {
    const view = viewOf(PART_LIST, goodPage(PARTS), page);

    for (const strategy of [valueAnchor, similarity]) {
      expect((await strategy.propose(view)).proposals).toEqual([]);
      const turned = viewOf(PART_LIST, page, goodPage(PARTS));
      expect((await strategy.propose(turned)).proposals).toEqual([]);
    }
  });

  test('the same evidence gives the same answer', async () => {
    const answer = () =>
      similarity.propose(viewOf(PART_LIST, goodPage(PARTS), renamedPage(OTHERS)));

    expect(await answer()).toEqual(await answer());
  });
});

function goodPage(parts: readonly string[]): string {
  return `<html><head><title>Desk lamp | Shop</title></head><body><nav><ul>${items(['Home', 'Lamps', 'Chairs'])}</ul></nav>
    <main><h1 class="product-name">Desk lamp</h1><p>Made in our own workshop, by hand, since 1921.</p>
    <h2>What is in the box</h2><ul class="parts">${items(parts)}</ul>
    <h2>Delivery</h2><p>Within three days.</p><h2>Read on</h2><ul class="tips">${links(TIPS)}</ul></main></body></html>`;
}

/** After a relaunch: no name is the same, lists are made of other elements. Undefined: the part with its heading is gone. */
function renamedPage(parts: readonly string[] | undefined, name = 'Desk lamp'): string {
  const list = (parts ?? [])
    .map((one) => `<li class="css-1x9ab2"><span>${one}</span></li>`)
    .join('');
  const box = `<h2 class="sc-9f3ab1">What is in the box</h2><div><ul>${list}</ul></div>`;
  return `<html><head><title>${name} | Shop</title></head><body><nav><ul>${items(['Home', 'Lamps', 'Chairs'])}</ul></nav>
    <div id="app"><h1>${name}</h1><p>Made in our own workshop, by hand, since 1921.</p>${parts === undefined ? '' : box}
    <h2>Delivery</h2><p>Within three days.</p><h2>Read on</h2><ul>${links(TIPS)}</ul></div></body></html>`;
}

function items(texts: readonly string[]): string {
  return texts.map((text) => `<li>${text}</li>`).join('');
}

function links(texts: readonly string[]): string {
  return items(texts.map((text) => `<a href="/read">${text}</a>`));
}

interface Field {
  readonly css: string;
  readonly cardinality: 'one' | 'many';
}

function specOf({ css, cardinality }: Field): ExtractionSpec {
  const field = {
    type: 'text',
    cardinality,
    required: true,
    stable: false,
    locators: [{ css }],
  } as const;
  return { v: 1, source: 'shop', fields: { value: field } };
}

function bodyOf(body: string, at: string): Omit<EvidenceView['good'][number], 'records'> {
  const url = `https://shop.example/${at}`;
  return { url, finalUrl: url, status: 200, contentType: 'text/html', body };
}

function viewOf(field: Field, good: string, failing: string): EvidenceView {
  return {
    failure: 'SelectorMissing',
    spec: specOf(field),
    failingFields: ['value'],
    failing: [{ ...bodyOf(failing, 'now'), records: [], misses: [] }],
    good: [{ ...bodyOf(good, 'then'), records: [] }],
  };
}

/** What the patched spec reads on the failing page. */
async function repaired(
  view: EvidenceView,
  { proposals }: StrategyAnswer,
): Promise<ExtractedRecord[string] | undefined> {
  const applied = applyPatch(view.spec, proposals[0]?.patch);
  const [page] = view.failing;
  if (!('spec' in applied) || page === undefined) throw new Error('There is no patch.');
  return readPage(page, applied.spec).records[0]?.['value'];
}

function abstention({ proposals, abstains }: StrategyAnswer): string {
  expect(proposals).toEqual([]);
  return abstains ?? '';
}
