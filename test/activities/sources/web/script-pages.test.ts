import { afterEach, describe, expect, test } from 'vitest';
import { http } from '../../../../activities/sources/http.ts';
import { articlePage, startSite, type Site } from '../../../fakes/site.ts';
import { readAll, type Reading } from './reading.ts';

let site: Site | undefined;
afterEach(() => site?.close());

async function read(
  page: string,
  config: Readonly<Record<string, unknown>> = {},
): Promise<Reading> {
  site = await startSite({ '/': page });
  return readAll(http, { urls: [`${site.origin}/`], ...config });
}

const APP = '<script src="/app.js"></script>';

describe('B1, B5: a page that only scripts write', () => {
  test.each([
    ['an empty element', `<div id="root"></div>${APP}`],
    [
      'a notice for those without scripts',
      `<noscript>Enable JavaScript.</noscript><i>My app</i>${APP}`,
    ],
    ['a word of waiting', `<main id="app">Loading …</main>${APP}`],
    [
      'a word of waiting in German',
      `<main id="app">Bitte warten, die Seite wird geladen.</main>${APP}`,
    ],
    ['a demand', `<p>You need to enable JavaScript to run this app.</p>${APP}`],
  ])('is no document, and the failure names the other source type: %s', async (_, body) => {
    const { messages, error } = await read(
      `<html><head><title>App</title></head><body>${body}</body></html>`,
    );

    expect(error).toMatchObject({
      type: 'EmptyResult',
      message: expect.stringContaining('Scripts write this page: use a source of type "browser".'),
    });
    expect(messages.filter(({ kind }) => kind === 'document')).toStrictEqual([]);
  });

  test('names it for missing fields, too', async () => {
    const extract = { title: 'h1', content: 'article' };
    const { error } = await read(`<body><div id="root"></div>${APP}</body>`, { extract });

    expect(error).toMatchObject({
      type: 'SelectorMissing',
      message: expect.stringMatching(
        /Field "title" is missing\..* Scripts write this page: use a source of type "browser"\.$/u,
      ),
    });
  });

  test('is read by the data that it carries for its scripts', async () => {
    const state = '{"props":{"title":"T","text":"Of the state"}}';
    const path = (name: string) => ({
      locators: { structured: 'embedded-json', path: `props.${name}` },
    });
    const { messages } = await read(
      `<body><div id="root"></div><script type="application/json">${state}</script>${APP}</body>`,
      { extract: { title: path('title'), content: { type: 'text', ...path('text') } } },
    );

    expect(messages[0]).toMatchObject({ document: { title: 'T', body: { text: 'Of the state' } } });
  });
});

test.each([
  ['a short page with a script', `<p>Closed on Mondays.</p>${APP}`],
  ['an article about loading', articlePage('Loading bays').replace('</body>', `${APP}</body>`)],
  ['data for search engines', '<p>Loading bay 3</p><script type="application/ld+json">{}</script>'],
])('%s is an ordinary document', async (_, page) => {
  const { messages, error } = await read(page);

  expect(error).toBeUndefined();
  expect(messages[0]).toMatchObject({ kind: 'document' });
});
