import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify, parse } from 'yaml';
import { exportFix } from '../../../adapters/definitions/export-fix.ts';
import { patchBetween } from '../../../adapters/definitions/patch-between.ts';
import { patchYaml } from '../../../adapters/definitions/patch-yaml.ts';
import { specDigest, specOf } from '../../../adapters/definitions/spec-digest.ts';
import { patchedSpec } from '../../../adapters/extraction/validate-spec.ts';
import type { ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import { writtenExtract } from '../../fakes/written-extract.ts';

const place = {
  path: ['sources', 0, 'config', 'extract'],
  variable: (name: string) => ({ SELECTOR: 'h1', OTHER: '.other' })[name],
};
const OLD = { title: 'h1', content: 'main' };
const NEW = { title: { locators: ['.new', 'h1'] }, content: 'main' };

function fix(fromExtract: unknown = OLD, toExtract: unknown = NEW) {
  return { source: 'shop', under: [specDigest('shop', fromExtract) ?? 'none'], toExtract };
}

/** A file around an `extract`, with much that a printer would change. */
function file(extract: string): string {
  return `# the shop
knowledgeBases: [{id:   main}]   # odd blanks

sources:
  - id:  'shop'    # quoted

    type: http
    config:
        urls: ["https://shop.example/",   'https://shop.example/b']
        extract:${extract}
        # behind it
        maxPages: 0x10
  -   id: other
      config: { extract: {title: h1,content: main} }   # the same, elsewhere
`;
}

function patched(extract: string, wanted = fix()): string {
  const text = file(extract);
  const result = patchYaml(text, wanted, place);
  if ('refused' in result) return result.refused;
  const [head = '', tail = ''] = [text.split(extract)[0], text.split(extract)[1]];
  // Everything around it is the same, byte for byte.
  expect(result.text.startsWith(head)).toBe(true);
  expect(result.text.endsWith(tail)).toBe(true);
  return result.text.slice(head.length, result.text.length - tail.length);
}

describe('a fix in the YAML', () => {
  test.each([
    [
      'on one line',
      ' {title: h1,   content: "main"}',
      ' {title: { locators: [.new, h1] },   content: "main"}',
    ],
    [
      'on lines of its own, with comments',
      `
          # what people read
          title: h1   # the heading

          content: 'main'`,
      `
          # what people read
          title: { locators: [.new, h1] }   # the heading

          content: 'main'`,
    ],
    [
      'with locators as a list',
      `
          content:
            type: html
            locators: main
          title:
            locators:
              # the only one
              - h1   # since 2024`,
      `
          content:
            type: html
            locators: main
          title:
            locators:
              # the only one
              - .new
              - h1   # since 2024`,
    ],
    [
      'with locators as a list on one line',
      ` { content: main, title: { locators: [ "h1" ] } }`,
      ` { content: main, title: { locators: [ .new, "h1" ] } }`,
    ],
    [
      'with a locator written out',
      `
          content: main
          title:
              locators:
                  - css: h1`,
      `
          content: main
          title:
              locators:
                  - .new
                  - css: h1`,
    ],
  ])('%s', (_, before, after) => {
    expect(patched(before)).toBe(after);
  });

  test('keeps the quotes of a text that it changes', () => {
    const change = fix(OLD, { title: 'a[href="x"]', content: 'it' });

    expect(patched(` { title: 'h1', content: "main" }`, change)).toBe(
      ` { title: 'a[href="x"]', content: "it" }`,
    );
  });

  test('adds and removes parts of a block', () => {
    const to = { content: 'main', records: 'li', title: { normalise: ['trim'], locators: 'h1' } };
    const before = `
          title:
            locators: h1
            expect: { minLength: 2 }   # goes
          decode: { format: html }
          content: main # stays`;
    const from = {
      title: { locators: 'h1', expect: { minLength: 2 } },
      decode: { format: 'html' },
      content: 'main',
    };

    expect(patched(before, fix(from, to))).toBe(`
          title:
            locators: h1
            normalise: [trim]
          content: main # stays
          records: li`);
  });

  test('leaves references to variables, also those that move down a list', () => {
    const before = `
          title: "\${env:SELECTOR}"
          content: "m\${env:NOTHING}ain"`;

    expect(patched(before)).toBe(`
          title: { locators: [.new, "\${env:SELECTOR}"] }
          content: "m\${env:NOTHING}ain"`);
  });

  test('leaves a file that holds it already', () => {
    const text = file(' { content: main, title: { locators: [{ css: .new }, h1] } }');

    expect(patchYaml(text, fix(), place)).toEqual({ text, changed: false });
  });

  test('keeps the line ends of Windows', () => {
    const before =
      '\n          content: main\n          title:\n            locators:\n            - h1';
    const text = file(before).replaceAll('\n', '\r\n');

    const result = patchYaml(text, fix(), place);

    const line = '            - h1\r\n';
    expect(result).toEqual({
      changed: true,
      text: text.replace(line, `            - .new\r\n${line}`),
    });
  });

  test('may stand at the end of a file without a line break', () => {
    const text =
      'sources:\n- id: shop\n  config:\n    extract:\n      content: main\n      title: h1';
    const to = { ...OLD, decode: { charset: 'utf-8' } };

    expect(patchYaml(text, fix(OLD, to), place)).toMatchObject({
      text: `${text}\n      decode: { charset: utf-8 }`,
    });
  });

  test.each([
    ['another spec', ' { title: h2, content: main }', 'is not the one that the fix starts from'],
    ['no spec', ' { title: "a[" }', 'is no valid extraction spec'],
    ['nothing', '', 'shared|no valid'],
    ['an alias', ' *shared', 'by an alias or a merge'],
  ])('is refused where the file holds %s', (_, extract, sentence) => {
    const text = extract.includes('*')
      ? `x: &shared { title: h1, content: main }\n${file(extract)}`
      : file(extract);
    const result = patchYaml(text, fix(), place);

    expect('refused' in result ? result.refused : 'written').toMatch(new RegExp(sentence, 'u'));
  });

  test('is refused where another source would change with it', () => {
    const text = `sources:
  - { id: shop, config: { extract: &e { title: &t h1, content: main } } }
  - { id: other, config: { extract: *e } }
  - { id: third, config: { extract: { title: *t } } }
`;

    const result = patchYaml(text, fix(), place);

    expect(result).toEqual({ refused: expect.stringContaining('(an anchor)') as string });
  });

  test('means the fix and leaves everything else, however it was written', () => {
    const between = (from: ExtractionSpec, to: ExtractionSpec): unknown =>
      patchedSpec(from, patchBetween(from, to));
    const style = fc.record({
      collectionStyle: fc.constantFrom('any', 'block', 'flow'),
      defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'),
      indentSeq: fc.boolean(),
      indent: fc.constantFrom(2, 4),
      lineWidth: fc.constantFrom(0, 40),
    } as const);
    const check = fc.property(writtenExtract, writtenExtract, style, (from, to, options) => {
      const [a, b] = [specOf('shop', from), specOf('shop', to)] as [ExtractionSpec, ExtractionSpec];
      expect(between(a, b)).toEqual({ spec: b });
      const around = { id: 'shop', config: { extract: from, urls: ['x'] } };
      const text = stringify({ sources: [around, { id: 'y' }], tail: [1] }, options);
      // The printer breaks an empty list below a key when lists are not indented.
      fc.pre(!/^ *\[\]$/mu.test(text));

      const result = patchYaml(text, fix(from, to), place);

      const now = parse('text' in result ? result.text : '') as {
        sources: [{ config: { extract: unknown } }];
      };
      expect(specOf('shop', now.sources[0].config.extract)).toEqual(b);
      now.sources[0].config.extract = from;
      expect(now).toEqual({ sources: [around, { id: 'y' }], tail: [1] });
    });
    fc.assert(check, { numRuns: 400 });
  });
});

describe('the export of a fix', () => {
  const files: Readonly<Record<string, string>> = {
    'all.yaml': 'include: ["more/*.yaml"]\nsources: [{ id: first }]\n',
    'more/a.yaml':
      'sources:\n  - id: "sh${env:OP}"\n    config:\n      selectors: { title: h1, content: main }\n',
  };
  const access = {
    read: async (path: string) => files[path] ?? Promise.reject(new Error('no such file')),
    glob: async () => ['a.yaml'].map((name) => `more/${name}`),
  };
  const options = {
    file: 'all.yaml',
    files: access,
    variables: (name: string) => (name === 'OP' ? 'op' : undefined),
  };

  test('finds the source in an included file, under its old names too', async () => {
    const before = files['more/a.yaml'] ?? '';

    expect(await exportFix(fix(), options)).toEqual({
      file: 'more/a.yaml',
      before,
      after: before.replace('title: h1', 'title: { locators: [.new, h1] }'),
    });
  });

  test('says which file it looked into when there is no such source', async () => {
    expect(await exportFix({ ...fix(), source: 'gone' }, options)).toEqual({
      refused: '"all.yaml" defines no source "gone". Name the file that does with --config.',
    });
  });

  test('names the file that it refuses to change', async () => {
    expect(await exportFix(fix(NEW, OLD), options)).toMatchObject({ file: 'more/a.yaml' });
    expect(await exportFix(fix({ title: 'x' }, NEW), options)).toEqual({
      refused: expect.stringContaining('by hand. (more/a.yaml)') as string,
    });
  });
});
