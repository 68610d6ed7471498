import { describe, expect, test } from 'vitest';
import { readDate, readDuration } from '../../../adapters/extraction/dates.ts';
import { normalise } from '../../../adapters/extraction/normalisers.ts';
import { parsePath, valuesAt } from '../../../adapters/extraction/json-path.ts';
import {
  expandExtraction,
  ExtractionConfig,
  runExtractionSpec,
} from '../../../adapters/extraction/spec.ts';

describe('dates', () => {
  test.each([
    ['2026-03-12', '2026-03-12'],
    ['2026-03-12T10:00:00Z', '2026-03-12T10:00:00.000Z'],
    ['2026-03-12 10:00', '2026-03-12T10:00:00.000Z'],
    ['2026-03-12T10:00:00.5+0200', '2026-03-12T08:00:00.500Z'],
    ['Thu, 12 Mar 2026 10:00:00 GMT', '2026-03-12T10:00:00.000Z'],
    ['12 March 2026', '2026-03-12'],
    ['March 12th, 2026', '2026-03-12'],
    ['Sept. 1 2026', '2026-09-01'],
  ])('"%s" is %s', (text, date) => {
    expect(readDate(text)).toBe(date);
  });

  test.each(['2026-02-30', '2026-13-01', '3/4/2026', 'Marchember 3 2026', '2026-03-12T25:00', ''])(
    '"%s" is none',
    (text) => {
      expect(readDate(text)).toBeUndefined();
    },
  );
});

describe('durations', () => {
  test.each([
    ['PT1H20M', 4800],
    ['P1DT0.5S', 86_400.5],
    ['1:30:00', 5400],
    ['4:05', 245],
    ['1 h 20 min', 4800],
    ['90 minutes', 5400],
    ['1 hour and 5 seconds', 3605],
  ])('"%s" is %d seconds', (text, seconds) => {
    expect(readDuration(text)).toBe(seconds);
  });

  test.each(['P1M', 'P', 'PT', '90', '3 potatoes', 'about 3 h or so', ''])(
    '"%s" is none',
    (text) => {
      expect(readDuration(text)).toBeUndefined();
    },
  );
});

describe('normalisers', () => {
  test.each([
    ['stripCurrency', '€ 12.50', '12.50'],
    ['stripCurrency', '12 USD', '12'],
    ['stripPercent', '12 %', '12'],
    ['firstNumber', 'from 1,234.50, plus', '1,234.50'],
    ['firstNumber', 'no digits', 'no digits'],
    ['naToNull', ' N/A ', null],
    ['naToNull', 'NaCl', 'NaCl'],
    ['decimalComma', '1.234,5', '1234.5'],
    ['decimalComma', '1.234', '1234'],
    ['decimalComma', '1 234 567,89', '1234567.89'],
    ['decimalComma', '€ 12.50', '€ 12.50'],
    ['decimalComma', '1,234.50', '1,234.50'],
    ['dayFirst', '3/4/2026', '2026-04-03'],
    ['monthFirst', '3/4/2026', '2026-03-04'],
    ['dayFirst', 'soon', 'soon'],
    ['epochSeconds', '0', '1970-01-01T00:00:00.000Z'],
    ['epochMilliseconds', '1e9', '1e9'],
    ['unescapeHtml', 'a &amp;lt; b', 'a &lt; b'],
    ['stripTags', 'a<b>c', 'a c'],
    ['collapseSpace', ' a \n b ', 'a b'],
    ['lowerCase', 'ÄB', 'äb'],
    ['trim', ' a ', 'a'],
  ] as const)('%s makes "%s" %j', (name, text, expected) => {
    expect(normalise(text, [name])).toBe(expected);
  });
});

describe('types', () => {
  test.each([
    ['number', '1,234.5', 1234.5],
    ['number', '-.5', -0.5],
    ['number', '1.234,5', undefined],
    ['number', '12 EUR', undefined],
    ['number', '1e999', undefined],
    ['integer', '12', 12],
    ['integer', '12.5', undefined],
    ['integer', '9007199254740993', undefined],
    ['boolean', 'Yes', true],
    ['boolean', '0', false],
    ['boolean', 'maybe', undefined],
    ['url', 'b?x=1#y', 'https://example.com/b?x=1'],
    ['url', 'javascript:alert(1)', undefined],
    ['url', 'mailto:a@b.c', undefined],
    ['enum', 'IN  stock', 'in stock'],
    ['enum', 'sold', undefined],
  ])('a %s of "%s" is %s', (type, text, expected) => {
    const written = {
      a: {
        type,
        locators: { json: 'a' },
        expect: { values: ['in stock', 'out'] },
        required: false,
      },
    };
    const spec = expandExtraction('s', ExtractionConfig.parse(written));

    const { records } = runExtractionSpec(spec, JSON.stringify({ a: text }), {
      url: 'https://example.com/a',
      deadlineMs: 5000,
    });

    expect(records[0]?.['a']).toBe(expected);
  });
});

describe('paths', () => {
  test.each([
    ['a.b', [1]],
    ['$.a.b', [1]],
    ['list[1].n', [2]],
    ['list[*].n', [1, 2]],
    ['list[].n', [1, 2]],
    ['list.n', [1, 2]],
    ['a["x.y"]', [3]],
    ['a.*', [1, 3]],
    ['nothing.here', []],
    ['list[9]', []],
    ['', [{ a: { b: 1, 'x.y': 3 }, list: [{ n: 1 }, { n: 2 }] }]],
  ])('"%s" finds its values', (path, expected) => {
    const value = { a: { b: 1, 'x.y': 3 }, list: [{ n: 1 }, { n: 2 }] };

    expect(valuesAt(value, parsePath(path) ?? ['not a path'])).toStrictEqual(expected);
  });

  test.each(['a..b', 'a[', 'a[?(@.b)]', 'a["b]', 'a[-1]', 'a b]'])('"%s" is none', (path) => {
    expect(parsePath(path)).toBeUndefined();
  });
});
