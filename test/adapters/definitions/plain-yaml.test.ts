import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { readPlainYaml } from '../../../adapters/definitions/plain-yaml.ts';
import { parseYaml } from '../../../adapters/definitions/yaml-file.ts';

function bySlowParser(text: string): unknown {
  return parseDocument(text, { merge: true }).toJS();
}

test.each([
  [
    'texts that look like something else',
    'a: "1"\nb: 1\nc: yes\nd: on\ne: 0o17\nf: 017\ng: 1_000\nh: 12:30:45\ni: 2026-11-21\n',
  ],
  ['empty values', 'a:\nb: ~\nc: null\nd: ""\ne: []\nf: {}\n'],
  ['numbers', 'a: .5\nb: 1e3\nc: -0x1f\nd: 0x1f\ne: .inf\nf: +12\ng: 1.0\n'],
  ['keys that are no texts', '1: a\ntrue: b\n1.5: c\n'],
  ['blocks of text', 'a: |\n  one\n  two\nb: >-\n  three\n  four\n\n  five\nc: |+\n  six\n\n'],
  [
    'anchors and merge keys',
    'base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo:\n  <<: [*b, {z: 4}]\n',
  ],
  ['flow lists over lines', 'a: [1,\n  2, # two\n  three]\n'],
  ['byte order mark and CRLF', '﻿a: 1\r\nb: two\r\n'],
])('%s mean the same to the fast parser as to the one that knows lines', (_name, text) => {
  expect(readPlainYaml(text)?.value).toEqual(bySlowParser(text));
});

test('whatever data people write, both parsers read the same', () => {
  const data = fc.dictionary(fc.string(), fc.jsonValue());
  const texts = fc.sample(data, { numRuns: 500, seed: 7 }).map((one) => stringify(one));

  const fast = texts.flatMap((text) => readPlainYaml(text) ?? []);

  expect(fast.length).toBeGreaterThan(400);
  expect(texts.map((text) => readPlainYaml(text) ?? { value: bySlowParser(text) })).toEqual(
    texts.map((text) => ({ value: bySlowParser(text) })),
  );
});

test('one anchor may serve thousands of entries', () => {
  const entries = Array.from({ length: 5000 }, (_, at) => `  - {id: s-${at}, limits: *l}`);

  const read = parseYaml('a.yaml', `l: &l {timeout: 1 hour}\nsources:\n${entries.join('\n')}`);

  expect(read).toHaveProperty('yaml.value.sources.length', 5000);
});

test('the line of a value is found although the fast parser kept none', () => {
  const read = parseYaml('a.yaml', 'sources:\n  - id: one\n  - id: two\n    type: http\n');

  expect('yaml' in read && read.yaml.lineOf(['sources', 1, 'type'])).toBe(4);
});

test.each([
  ['two documents', 'a: 1\n---\nb: 2\n'],
  ['a doubled key', 'a: 1\na: 2\n'],
  ['an unknown tag', 'a: !!binary aGVsbG8=\n'],
  ['an alias without anchor', 'a: *b\n'],
])('%s are left to the parser that says where', (_name, text) => {
  expect(readPlainYaml(text)).toBeUndefined();
  expect(parseYaml('a.yaml', text)).toHaveProperty('errors');
});
