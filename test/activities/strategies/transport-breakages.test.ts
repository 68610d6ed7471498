import { describe, expect, test } from 'vitest';
import { encoding } from '../../../activities/strategies/encoding.ts';
import { movedUrl } from '../../../activities/strategies/moved-url.ts';
import { pagination } from '../../../activities/strategies/pagination.ts';
import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';
import { readPage } from '../../../activities/strategies/evidence/pages.ts';
import { evidenceOf, type BodyPair } from './broken.ts';
import { productsOf } from './products.ts';

const LISTED = { records: 'li.p', title: { stable: true, locators: 'h2' } };

function list(page: number, foot: string): string {
  const items = productsOf(7, page).map(({ title }) => `<li class="p"><h2>${title}</h2></li>`);
  return `<html><body><ul>${items.join('')}</ul>${foot}</body></html>`;
}

function address(page: number): string {
  return page === 0 ? 'https://shop.example/list' : `https://shop.example/list?page=${page + 1}`;
}

/** Ways to lead on; the old one is `a.next`. */
const FEET: readonly (readonly [string, (page: number) => string])[] = [
  [
    'rel=next',
    (page) =>
      `<a rel="prev" href="?page=${page}">x</a><a rel="next" href="?page=${page + 2}">x</a>`,
  ],
  ['a link in the head', (page) => `<link rel="next" href="/list?page=${page + 2}">`],
  [
    'a word',
    (page) => `<p class="pager"><a class="forward" href="/list?page=${page + 2}">Next page</a></p>`,
  ],
  ['a German word', (page) => `<p><a class="vor" href="/list?page=${page + 2}">Weiter ›</a></p>`],
  ['a Japanese word', (page) => `<p><a id="tsugi" href="/list?page=${page + 2}">次へ</a></p>`],
  [
    'a label for screen readers',
    (page) => `<a aria-label="Next" href="/list?page=${page + 2}"><svg></svg></a>`,
  ],
  [
    'an arrow',
    (page) => `<nav class="pages"><a class="arrow-right" href="/list?page=${page + 2}">›</a></nav>`,
  ],
  [
    'numbers after the page that is shown',
    (page) =>
      `<ol>${[1, 2, 3, 4, 5].map((at) => (at === page + 1 ? `<li><b aria-current="page">${at}</b></li>` : `<li><a href="/list?page=${at}">${at}</a></li>`)).join('')}</ol>`,
  ],
];

describe('lists whose following page was moved (repair 4.1)', () => {
  test.each(FEET)('%s', async (_, foot) => {
    expect(await followed(foot)).toEqual([address(1), address(2)]);
  });

  test.each([
    ['nothing', () => ''],
    ['a link back', (page: number) => `<a class="back" href="/list?page=${page}">Back</a>`],
    ['a next article of another kind', () => '<a rel="next" href="/blog/some-story">Next</a>'],
    ['a link to itself', (page: number) => `<a rel="next" href="${address(page)}">Next</a>`],
    [
      'another host',
      (page: number) => `<a rel="next" href="https://evil.example/list?page=${page + 2}">Next</a>`,
    ],
    ['the same page for all', () => '<a rel="next" href="/list?page=9">Next</a>'],
  ])('%s leads nowhere', async (_, foot) => {
    expect(await followed(foot)).toBe('abstained');
  });

  test('a token that was renamed', async () => {
    const body = (page: number, key: string): string =>
      JSON.stringify({ items: productsOf(7, page), paging: { [key]: `tok-${page + 1}` } });
    const pages = [0, 1].map((page) => ({
      url: `https://shop.example/api?cursor=tok-${page}`,
      before: body(page, 'next'),
      now: body(page, 'endCursor'),
    }));
    const { view } = evidenceOf({
      extract: {
        records: { json: 'items' },
        title: { locators: { json: 'title' } },
        next: { locators: { json: 'paging.next' }, parameter: 'cursor' },
      },
      failure: 'ContentShrank',
      pages,
    });

    expect(await nextOf(view)).toEqual([
      'https://shop.example/api?cursor=tok-1',
      'https://shop.example/api?cursor=tok-2',
    ]);
  });
});

async function followed(foot: (page: number) => string) {
  const { view } = evidenceOf({
    extract: { ...LISTED, next: { locators: 'a.next' } },
    failure: 'ContentShrank',
    pages: [0, 1].map((page) => ({
      url: address(page),
      before: list(page, `<a class="next" href="/list?page=${page + 2}">more</a>`),
      now: list(page, foot(page)),
    })),
  });
  return nextOf(view);
}

async function nextOf(view: ReturnType<typeof evidenceOf>['view']) {
  const { proposals } = await pagination.propose(view);
  const patched = patchedSpec(
    view.spec,
    proposals.flatMap((one) => one.patch),
  );
  if ('refused' in patched) return 'abstained';
  return view.failing.map((page) => readPage(page, patched.spec).next);
}

const WORDS: Readonly<Record<string, string>> = {
  'windows-1251': 'Настольная лампа из латуни',
  shift_jis: '真鍮の卓上ランプと椅子',
  'euc-kr': '황동 탁상 램프와 의자',
  gb18030: '黄铜台灯和木椅子',
  'windows-1250': 'Příliš žluťoučký kůň úpěl ďábelské ódy',
};

/** Bytes that name no charset, or a wrong one, as they come over the wire. */
const BYTES: readonly (readonly [string, Uint8Array])[] = [
  ['windows-1251', bytesOf('windows-1251')],
  ['shift_jis', bytesOf('shift_jis')],
  ['euc-kr', bytesOf('euc-kr')],
  ['gb18030', bytesOf('gb18030')],
  ['windows-1250', bytesOf('windows-1250')],
];

describe('bytes in another character set (repair 4.1)', () => {
  test.each(BYTES)('%s is found by the values that were known', async (charset, bytes) => {
    const { view } = evidenceOf(garbled(charset, bytes));
    const { proposals } = await encoding.propose(view);

    expect(proposals.map(({ patch }) => patch)).toEqual([
      [{ op: 'add', path: '/decode', value: { charset } }],
    ]);
  });

  test('damaged text is no matter of its character set', async () => {
    const text = pageOf('Caf\uFFFD cr\uFFFDme');
    const { view } = evidenceOf({
      ...garbled('utf-8', Buffer.from(text)),
      failingFields: ['title'],
    });

    expect((await encoding.propose(view)).proposals).toEqual([]);
  });

  test('a page that is read well is left alone', async () => {
    const { view } = evidenceOf(garbled('utf-8', Buffer.from(pageOf(WORDS['shift_jis'] ?? ''))));

    expect((await encoding.propose(view)).abstains).toBe(
      'The text of the failing pages is not garbled.',
    );
  });
});

function pageOf(title: string): string {
  return `<html><body><h1>${title}</h1></body></html>`;
}

function garbled(charset: string, bytes: Uint8Array) {
  const page: BodyPair = {
    url: 'https://shop.example/a',
    before: pageOf(WORDS[charset] ?? WORDS['shift_jis'] ?? ''),
    bytes,
    contentType: 'text/html',
  };
  return {
    extract: { title: { stable: true, locators: 'h1' } },
    failingFields: ['title'],
    pages: [page],
  };
}

/** The reverse of the decoder, from all that it can read. */
function bytesOf(charset: string): Uint8Array {
  const decoder = new TextDecoder(charset);
  const codes = new Map<string, readonly number[]>();
  for (let one = 0x80; one < 0x100; one += 1) {
    codes.set(decoder.decode(Uint8Array.of(one)), [one]);
    for (let two = 0x40; two < 0x100; two += 1) {
      const text = decoder.decode(Uint8Array.of(one, two));
      if (Array.from(text).length === 1 && !codes.has(text)) codes.set(text, [one, two]);
    }
  }
  const page = pageOf(WORDS[charset] ?? '');
  return Uint8Array.from(
    Array.from(page).flatMap((letter) =>
      letter.charCodeAt(0) < 0x80 ? [letter.charCodeAt(0)] : (codes.get(letter) ?? [0x3f]),
    ),
  );
}

describe('pages that were moved (repair 4.1)', () => {
  test.each([
    [
      'https://shop.example/new/a',
      'now redirects to "https://shop.example/new/a". It is the same site.',
    ],
    [
      'https://www.shop.example/b',
      'now redirects to "https://www.shop.example/b". It is the same site.',
    ],
    ['https://other.example/a', 'It is another site, so look whether it is the same publisher.'],
  ])('a redirect to "%s" is a finding for a person, never a patch', async (finalUrl, sentence) => {
    const { view } = evidenceOf({
      extract: { title: 'h1' },
      pages: [{ url: 'https://shop.example/a', now: '<p>moved</p>', finalUrl }],
    });
    const { proposals, abstains } = await movedUrl.propose(view);

    expect(proposals).toEqual([]);
    expect(abstains).toContain(sentence);
    expect(abstains).toContain('A repair cannot change addresses');
  });

  test('a slash at the end is no move', async () => {
    const page = {
      url: 'https://shop.example/a',
      finalUrl: 'https://shop.example/a/',
      now: '<p>x</p>',
    };
    const { view } = evidenceOf({ extract: { title: 'h1' }, pages: [page] });

    expect((await movedUrl.propose(view)).abstains).toBe('No failing page was moved.');
  });

  test('an address that is newly called canonical is a move', async () => {
    const page = {
      url: 'https://shop.example/a',
      before: '<h1>A</h1>',
      now: '<link rel="canonical" href="/products/a"><p>x</p>',
    };
    const { view } = evidenceOf({ extract: { title: 'h1' }, pages: [page] });

    expect((await movedUrl.propose(view)).abstains).toContain(
      '"https://shop.example/a" names as its address "https://shop.example/products/a"',
    );
  });
});
