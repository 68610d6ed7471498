import { describe, expect, test } from 'vitest';
import { agreeingPages } from '../../../activities/strategies/agreeing-pages.ts';
import { runExtractionSpec } from '../../../adapters/extraction/run-spec.ts';
import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';
import { evidenceOf } from './broken.ts';
import { entriesOf, type Entry } from './list-site.ts';

const EXTRACT = {
  image: { type: 'url', stable: true, locators: { css: 'img.hero', attr: 'src' } },
  sku: { stable: true, locators: { css: 'div.thing', attr: 'data-sku' } },
  published: { type: 'date', stable: true, locators: { css: 'span.date', attr: 'title' } },
  self: { type: 'url', stable: true, locators: 'a.self' },
  tags: { cardinality: 'many', stable: true, locators: '.tags a' },
};

type Parts = Readonly<Record<keyof typeof EXTRACT, (one: Entry) => string>>;

const BEFORE: Parts = {
  image: ({ sku }) => `<img class="hero" src="/photos/${sku}.jpg">`,
  sku: ({ sku }) => `<div class="thing" data-sku="${sku}"></div>`,
  published: ({ day = '' }) => `<span class="date" title="${day}">some day</span>`,
  self: ({ url }) => `<a class="self" href="${url}">this page</a>`,
  tags: ({ tags }) =>
    `<p class="tags">${tags.map((tag) => `<a href="/t">${tag}</a>`).join(' ')}</p>`,
};

const NOW: Parts = {
  image: ({ sku }) =>
    `<figure class="photo"><img data-src="/photos/${sku}.jpg" src="/blank.gif"></figure>`,
  sku: ({ sku }) => `<form class="buy"><input type="hidden" name="item" value="${sku}"></form>`,
  published: ({ day = '' }) => `<time class="posted" datetime="${day}">lately</time>`,
  self: ({ url }) => `<link rel="canonical" href="${url}">`,
  tags: ({ tags }) =>
    `<ul class="topics">${tags.map((tag) => `<li class="topic">${tag}</li>`).join('')}</ul><ul class="menu"><li>Home</li><li>Shop</li></ul>`,
};

const NAMES = Object.keys(EXTRACT) as (keyof Parts)[];
const ALL = entriesOf(8, 0, 14).filter(({ day }) => day !== undefined);

function html(one: Entry, parts: Parts): string {
  return `<html><head>${parts.self(one)}</head><body><h1>${one.title}</h1>${NAMES.filter(
    (name) => name !== 'self',
  )
    .map((name) => parts[name](one))
    .join('')}</body></html>`;
}

function evidence(parts: Parts, entries = ALL.slice(0, 4)) {
  const pages = entries.map((one) => ({
    url: one.url,
    before: html(one, BEFORE),
    now: html(one, parts),
  }));
  return evidenceOf({ extract: EXTRACT, failingFields: NAMES, pages }).view;
}

describe('values in attributes, and lists of values', () => {
  test('are found where several documents have their own old ones', async () => {
    const view = evidence(NOW);
    const { proposals } = await agreeingPages.propose(view);
    const patched = patchedSpec(
      view.spec,
      proposals.flatMap(({ patch }) => patch),
    );
    if ('refused' in patched) throw new Error(patched.refused);
    const unseen = ALL[8] ?? ALL[7];
    if (unseen === undefined) throw new Error('There are more than eight.');
    const read = (parts: Parts) =>
      runExtractionSpec(patched.spec, html(unseen, parts), { url: unseen.url, deadlineMs: 5_000 });

    expect(proposals).toHaveLength(NAMES.length);
    expect(read(NOW).records).toEqual(read(BEFORE).records);
    expect(read(NOW).misses).toEqual([]);
    expect(read(NOW).records[0]).toMatchObject({ sku: unseen.sku, tags: unseen.tags });
  });

  test.each(NAMES)('"%s" that is gone is not found elsewhere', async (name) => {
    const { proposals } = await agreeingPages.propose(evidence({ ...NOW, [name]: () => '' }));

    expect(proposals.flatMap(({ patch }) => patch).map(({ path }) => path)).not.toContain(
      `/fields/${name}/locators/0`,
    );
  });

  test('other tags beside the old ones are not taken for them', async () => {
    const more = (one: Entry) =>
      `${BEFORE.tags(one).replaceAll('tags', 'topics')}<p class="topics"><a href="/t">offer</a></p>`;
    const { proposals } = await agreeingPages.propose(
      evidence({ ...NOW, tags: (one) => more(one).replaceAll('</p><p class="topics">', '') }),
    );

    expect(JSON.stringify(proposals)).not.toContain('/fields/tags/');
  });

  test('two attributes that differ where a document changed are left to people', async () => {
    const torn: Parts = {
      ...NOW,
      sku: ({ sku }) => {
        const isNew = ALL.findIndex((one) => one.sku === sku) % 4 === 0;
        return `<b class="old" data-key="${sku}"></b><b class="new" data-key="${isNew ? `${sku}-x` : sku}"></b>`;
      },
    };
    const { proposals } = await agreeingPages.propose(evidence(torn));
    const sku = proposals.flatMap(({ patch }) => patch).find(({ path }) => path.includes('/sku/'));

    // The one that is right on all of them is better than the one that is not.
    expect(JSON.stringify(sku)).toContain('b.old');
  });
});
