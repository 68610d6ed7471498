import licences from 'spdx-license-list/full.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { chunksOf, DEFAULT_CHUNKING } from '../../../local/bedrock/chunks.ts';
import { createPassageIndex } from '../../../local/bedrock/search/passage-index.ts';
import { stem } from '../../../local/bedrock/search/stem.ts';

interface Text {
  readonly id: string;
  readonly passages: readonly string[];
  readonly embedded: readonly string[];
}

function indexOf(...texts: readonly (readonly [string, string])[]) {
  const index = createPassageIndex<Text>();
  for (const [id, text] of texts) index.put(id, { id, passages: [text], embedded: [] });
  return index;
}

test.each([
  ['licence', 'licensed', 'licenses', 'licensing'],
  ['modify', 'modified', 'modifications'],
  ['distribute', 'distributing', 'distribution'],
  ['use', 'used', 'using', 'uses'],
  ['organise', 'organised', 'organization'],
  ['require', 'required', 'requirement', 'requires'],
  ['colour', 'colors'],
  ['programme', 'programs'],
  ['travelled', 'traveling', 'travel'],
])('"%s" is found as "%s"', (word, ...forms) => {
  expect(new Set([word, ...forms].map((form) => stem(form)))).toHaveProperty('size', 1);
});

test('a replaced document is found by its new words alone, a removed one not at all', () => {
  const index = indexOf(['a', 'apples'], ['b', 'bananas']);
  const find = (question: string) =>
    index.search(question, () => true).map((hit) => hit.document.id);

  index.put('a', { id: 'a2', passages: ['cherries'], embedded: [] });
  index.remove('b');

  expect([find('apple'), find('banana'), find('cherry')]).toEqual([[], [], ['a2']]);
});

test('scores lie between 0 and 1 and do not depend on documents that came and went', () => {
  const texts = Array.from(
    { length: 50 },
    (_, index) => [`t${index}`, `apple ${'pear '.repeat(index)}`] as const,
  );
  const clean = indexOf(...texts);
  const used = indexOf(...texts);
  for (let round = 0; round < 3000; round += 1) {
    used.put('guest', { id: 'guest', passages: [`apple guest ${round}`], embedded: [] });
  }
  used.remove('guest');

  const scores = (index: typeof clean) =>
    index.search('apples and pears', () => true).map(({ document, score }) => [document.id, score]);

  expect(scores(used)).toEqual(scores(clean));
  for (const [, score] of scores(clean)) {
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThanOrEqual(1);
  }
});

test('words that are embedded are searched, but a filter still keeps a document out', () => {
  const index = createPassageIndex<Text>();
  index.put('a', { id: 'a', passages: ['red and round'], embedded: ['title: Apples'] });

  expect(index.search('apple', () => true)).toHaveLength(1);
  expect(index.search('apple', () => false)).toEqual([]);
});

describe('over 700 licence texts', () => {
  const index = createPassageIndex<Text>();
  beforeAll(() => {
    for (const [id, { name, licenseText }] of Object.entries(licences)) {
      const passages = chunksOf(licenseText, DEFAULT_CHUNKING);
      index.put(id, { id, passages, embedded: [`title: ${name}`] });
    }
  });

  function firstFive(question: string): readonly string[] {
    const hits = index.search(question, () => true);
    return hits.slice(0, 5).map((hit) => hit.document.id);
  }

  test.each([
    ['which licences demand the source when the program is used over a network?', 'AGPL-3.0'],
    [
      'Which licenses require that users who interact remotely can get the source code?',
      'AGPL-3.0',
    ],
    ['What can I use for fonts?', 'OFL-1.1'],
    ['licences that forbid military use', 'BSD-3-Clause-No-Military-License'],
    ['Which ones dedicate a work to the public domain?', 'CC-PDDC'],
    ['buy the author a beer', 'Beerware'],
  ])('"%s" brings %s among the first five', (question, licence) => {
    expect(firstFive(question)).toContain(licence);
  });
});
