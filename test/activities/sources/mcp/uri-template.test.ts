import { describe, expect, test } from 'vitest';
import { expandTemplate, templateNames } from '../../../../activities/sources/mcp/uri-template.ts';

// The values and results of RFC 6570, sections 3.2.2 and 3.2.3.
const values = {
  var: 'value',
  hello: 'Hello World!',
  half: '50%',
  base: 'http://example.com/home/',
  path: '/foo/bar',
  empty: '',
};

test.each([
  ['{var}', 'value'],
  ['{hello}', 'Hello%20World%21'],
  ['{half}', '50%25'],
  ['O{empty}X', 'OX'],
  ['{base}', 'http%3A%2F%2Fexample.com%2Fhome%2F'],
  ['{+var}', 'value'],
  ['{+hello}', 'Hello%20World!'],
  ['{+half}', '50%25'],
  ['{+base}index', 'http://example.com/home/index'],
  ['{+path}/here', '/foo/bar/here'],
  ['here?ref={+path}', 'here?ref=/foo/bar'],
])('%s becomes %s', (template, expected) => {
  expect(expandTemplate(template, values)).toBe(expected);
});

describe('names', () => {
  test('are read in order', () => {
    expect(templateNames('x://{a}/b/{+c}')).toStrictEqual(['a', 'c']);
  });

  test.each([
    'x://{?q}',
    'x://{/a}',
    'x://{#a}',
    'x://{a,b}',
    'x://{a*}',
    'x://{a:3}',
    'x://{a',
    'x://a}',
    'x://{}',
  ])('%s is refused by name', (template) => {
    expect(() => templateNames(template)).toThrow(`"${template}"`);
  });
});
