import { afterAll, describe, expect, test } from 'vitest';
import { checkCandidate } from '../../../activities/repair/check-candidate.ts';
import { refusedDefinition } from '../../../activities/repair/refused-definition.ts';
import { sourceTypes } from '../../../activities/sources/index.ts';
import { findCandidates } from '../../../activities/strategies/candidates.ts';
import { closeExtractionPool } from '../../../adapters/extraction/extract-pool.ts';
import { verdictOf } from '../../../workflows/repair/checks.ts';
import type { PatchOperation } from '../../../workflows/repair/patch.ts';
import { weakerDemands } from '../../../workflows/repair/weaker-demands.ts';
import { evidenceOf } from '../strategies/broken.ts';

afterAll(closeExtractionPool);

const EXTRACT = {
  title: { stable: true, locators: 'h1' },
  price: { type: 'number', locators: '.price', expect: { min: 1, max: 100 } },
  state: { type: 'enum', locators: '.state', expect: { values: ['new', 'old'] } },
  note: { required: false, locators: '.note', expect: { minLength: 3 } },
  next: { locators: 'a.next', maxPages: 5 },
};

const evidence = evidenceOf({
  extract: EXTRACT,
  pages: [
    {
      url: 'https://shop.example/a',
      before: '<h1>Lamp</h1><p class="price">9</p><p class="state">new</p>',
      now: '<h2>Lamp</h2><p class="price">9</p><p class="state">new</p>',
    },
  ],
});

const CHEATS: readonly (readonly [string, PatchOperation])[] = [
  ['requires less', { op: 'replace', path: '/fields/title/required', value: false }],
  ['calls a value unstable', { op: 'replace', path: '/fields/title/stable', value: false }],
  ['removes a field', { op: 'remove', path: '/fields/title' }],
  ['changes a type', { op: 'replace', path: '/fields/price/type', value: 'text' }],
  [
    'takes many values for one',
    { op: 'replace', path: '/fields/title/cardinality', value: 'many' },
  ],
  ['expects more of a number', { op: 'replace', path: '/fields/price/expect/max', value: 1_000 }],
  ['expects nothing', { op: 'remove', path: '/fields/price/expect' }],
  [
    'takes another word',
    { op: 'replace', path: '/fields/state/expect/values', value: ['new', 'old', 'gone'] },
  ],
  ['takes a shorter text', { op: 'replace', path: '/fields/note/expect/minLength', value: 1 }],
  ['stops at the first page', { op: 'remove', path: '/next' }],
  ['goes less far', { op: 'replace', path: '/next/maxPages', value: 1 }],
];

describe('a fix that asks for less than before', () => {
  test.each(CHEATS)('%s: refused by the checks and before them', async (_, operation) => {
    const { checks, spec } = await checkCandidate([operation], evidence);
    const strategy = {
      name: 'cheat',
      family: 'relocate',
      handles: ['SelectorMissing'],
      propose: () =>
        Promise.resolve({ proposals: [{ patch: [operation], features: {}, explains: 'So.' }] }),
    } as const;
    const { candidates, failed, abstained } = await findCandidates(evidence, {
      strategies: [strategy],
    });

    expect(verdictOf(checks, 'schema')).toBe('fail');
    expect(spec).toBeUndefined();
    expect([...candidates, ...failed]).toEqual([]);
    expect(abstained[0]?.because).toMatch(/A fix may not ask for less|enum|refused/);
  });

  test('is none where it demands as much, or more', () => {
    const { spec } = evidence.view;
    const { price, note } = spec.fields;
    if (price === undefined || note === undefined) throw new Error('The spec has both fields.');
    const stricter = {
      ...spec,
      fields: {
        ...spec.fields,
        price: { ...price, expect: { min: 2, max: 50 }, locators: [{ css: 'b' }] },
        note: { ...note, required: true },
      },
    };

    expect(weakerDemands(spec, spec)).toEqual([]);
    expect(weakerDemands(spec, stricter)).toEqual([]);
  });
});

describe('a fix that the type of its source refuses', () => {
  const patch = [{ op: 'add', path: '/decode', value: { charset: 'windows-1252' } }] as const;
  const definition = (type: string) => ({
    id: 'shop',
    type,
    config: { urls: ['https://shop.example/a'], extract: { title: 'h1' } },
  });

  test('a browser decodes by itself', () => {
    expect(refusedDefinition(definition('browser') as never, patch, { sourceTypes })).toMatch(
      /"extract.decode" is for sources of type "http"/,
    );
    expect(refusedDefinition(definition('http') as never, patch, { sourceTypes })).toBeUndefined();
  });

  test('fails its check, and meets no body', async () => {
    const { checks, spec } = await checkCandidate(patch, evidence, { refuses: () => 'Not here.' });

    expect(checks.find(({ check }) => check === 'schema')).toMatchObject({
      verdict: 'fail',
      findings: ['Not here.'],
    });
    expect(spec).toBeUndefined();
  });
});
