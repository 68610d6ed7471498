import { describe, expect, test } from 'vitest';
import { BASE, errorsOf, loaded, onlySource } from './case.ts';

describe('names of the original papers', () => {
  test('"agents" counts as "sources", with a notice', async () => {
    const { sources, notices } = await loaded(
      `${BASE}agents:\n  - { id: a, type: script, config: { command: [true.sh] } }\nsources:\n  - { id: b, type: script, config: { command: [b.sh] } }`,
    );

    expect(sources.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(notices.map(({ sentence }) => sentence)).toEqual([
      '"agents" is read as "sources" in wellspring.yaml line 3. Rename the key when you like.',
    ]);
  });

  test.each([
    [
      'database',
      'connection_string: "${env:URL}", table: t, primaryKey: [id]',
      { url: '${env:URL}', table: 't', primaryKey: ['id'] },
    ],
    [
      'database',
      'url: "${env:URL}", table: t, primaryKey: [id], selectors: { title: h1 }',
      { url: '${env:URL}', table: 't', primaryKey: ['id'], extract: { title: 'h1' } },
    ],
    ['mcp', 'resource_patterns: ["docs://*"]', { resources: { include: ['docs://*'] } }],
    ['script', 'script_path: ./collect.py', { command: ['python3', './collect.py'] }],
    ['script', 'script_path: ./collect', { command: ['./collect'] }],
  ])('a %s with { %s }', async (type, config, ours) => {
    const source = await onlySource(
      `${BASE}sources: [{ id: a, type: ${type}, config: { ${config} } }]`,
    );

    expect(source.config).toEqual(ours);
  });

  test('a category inside of config moves out and becomes slugs', async () => {
    const text = `${BASE}sources:\n  - id: a\n    type: script\n    config:\n      script_path: a.py\n      category: API Documentation/V2`;

    const { sources, notices } = await loaded(text);

    expect(sources[0]?.category).toBe('api-documentation/v2');
    expect(notices.map(({ line, sentence }) => [line, sentence])).toEqual([
      [
        7,
        '"config.script_path" is read as "config.command" in wellspring.yaml line 7, source "a". Rename the key when you like.',
      ],
      [
        8,
        '"config.category" is read as "category" in wellspring.yaml line 8, source "a". Rename the key when you like.',
      ],
    ]);
  });

  test('an error in a translated value is reported on the line where it was written', async () => {
    const errors = await errorsOf(
      `${BASE}sources:\n  - id: a\n    type: mcp\n    config:\n      resource_patterns: all`,
    );

    expect(errors).toEqual([
      '"config.resources.include" is "all" in wellspring.yaml line 7, source "a". Expected a list.',
    ]);
  });

  test('both names at once are an error', async () => {
    const errors = await errorsOf(
      `${BASE}sources: [{ id: a, type: script, category: x, config: { command: [a], category: y } }]`,
    );

    expect(errors).toContain(
      '"config.category" and "category" are two names of one thing, and both are given in wellspring.yaml line 3, source "a". Remove "config.category".',
    );
  });
});
