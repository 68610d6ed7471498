import { expect, test } from 'vitest';
import { factsOf, type PageFacts } from '../../../../activities/strategies/relocate/page-facts.ts';
import { mapPage } from '../../../../activities/strategies/relocate/page-map.ts';
import { selectorFor } from '../../../../activities/strategies/relocate/selector.ts';
import { parsePage, select } from '../../../../adapters/extraction/dom.ts';

test.each([
  ['an id', '<main><h1 id="name" class="big">Lamp</h1><h1>Shop</h1></main>', 'h1', '#name'],
  [
    'what a thing is',
    '<b itemprop="name" class="x1">Lamp</b><b>Shop</b>',
    'b',
    'b[itemprop="name"]',
  ],
  ['a class with a meaning', '<p class="css-1a2b3c title">Lamp</p><p>Shop</p>', 'p', 'p.title'],
  [
    'the named thing around it',
    '<div class="offer"><p>Lamp</p></div><p>Shop</p>',
    'p',
    'div.offer p',
  ],
])('%s comes first', (_what, html, tag, css) => {
  expect(written(html, (page) => [place(page, tag, 0)])).toBe(css);
});

test('names that a build or the content made are not used', () => {
  const html = `<div><h1 id="desk-lamp-brass" class="css-9zk2x1">Desk lamp, brass</h1></div><h2 class="sc-4fK9a">Shop</h2>`;

  expect(written(html, (page) => [place(page, 'h1', 0)])).toBe('h1');
});

test('a list is found as a whole, and nothing beside it', () => {
  const html = `<ul><li>Home</li></ul><div class="box"><ul><li>Arm</li><li>Shade</li></ul></div>`;
  const css = written(html, (page) => [place(page, 'li', 1), place(page, 'li', 2)]);

  expect(css).toBe('div.box li');
});

test('where nothing has a name, the place decides', () => {
  const html = '<div><p>a</p><p>b</p></div><div><p>c</p><p>d</p></div>';
  const css = written(html, (page) => [place(page, 'p', 2)]) ?? '';

  expect(textsAt(html, css)).toEqual(['c']);
});

test('of two that find it, the one that finds nothing else on the good page is taken', () => {
  const good = factsOfPage('<h1>Shop</h1><p class="old">Lamp</p>');
  const page = factsOfPage('<div class="offer"><h1>Lamp</h1></div>');
  const was = { page: good, members: [place(good, 'p', 0)] };

  expect(selectorFor(page, [place(page, 'h1', 0)], was)).toBe('div.offer h1');
});

function written(
  html: string,
  choose: (page: PageFacts) => readonly ReturnType<typeof place>[],
): string | undefined {
  const page = factsOfPage(html);
  const members = choose(page);
  return selectorFor(page, members, { page, members });
}

function factsOfPage(html: string): PageFacts {
  const map = mapPage(parsePage(html));
  if (map === undefined) throw new Error('The page cannot be mapped.');
  return factsOf(map);
}

function place({ map }: PageFacts, tag: string, at: number): PageFacts['map']['places'][number] {
  const found = map.places.filter((one) => one.tag === tag)[at];
  if (found === undefined) throw new Error(`There is no "${tag}".`);
  return found;
}

function textsAt(html: string, css: string): readonly (string | null)[] {
  return (select(parsePage(html), css, 10) ?? []).map(({ textContent }) => textContent);
}
