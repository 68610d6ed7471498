import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { normalise } from '../../adapters/extraction/normalisers.ts';
import { expandExtraction, ExtractionConfig } from '../../adapters/extraction/spec.ts';
import { validateSpec } from '../../adapters/extraction/validate-spec.ts';
import { readValue } from '../../adapters/extraction/values.ts';
import {
  FIELD_TYPES,
  NORMALISERS,
  STRUCTURED_KINDS,
  type FieldSpec,
  type FieldType,
  type Normaliser,
} from '../../workflows/collection/extraction-spec.ts';

const PAGE = readFileSync(new URL('../../docs/extraction.md', import.meta.url), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text);
const LOCATORS = [...PAGE.matchAll(/\| `(\{ [^`|]+ \})` \|$/gm)].map(([, text = '']) => text);

test('the page has every type, normaliser and structured kind', () => {
  const names = [...FIELD_TYPES, ...NORMALISERS, ...STRUCTURED_KINDS];

  expect(names.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([]);
});

test('every example of the page is an extraction', () => {
  expect(EXAMPLES).toHaveLength(3);
  for (const text of EXAMPLES) {
    const { extract } = parse(text) as { extract: unknown };

    expect(validateSpec(expandExtraction('shop', ExtractionConfig.parse(extract)))).toBeUndefined();
  }
});

test('every locator and expectation of the tables may be written so', () => {
  expect(LOCATORS.length).toBeGreaterThanOrEqual(7);
  for (const text of LOCATORS) {
    const written: unknown = parse(text);
    const isExpectation = typeof written === 'object' && written !== null && 'min' in written;
    const field = isExpectation ? { locators: 'h1', expect: written } : { locators: written };

    expect({ text, ...ExtractionConfig.safeParse({ field }) }).toMatchObject({
      text,
      success: true,
    });
  }
});

test.each<[Normaliser, string, string | null]>([
  ['trim', ' In ', 'In'],
  ['collapseSpace', ' In  Stock ', 'In Stock'],
  ['lowerCase', 'In Stock', 'in stock'],
  ['stripCurrency', '€ 12.50', '12.50'],
  ['stripPercent', '5 %', '5'],
  ['firstNumber', '12 in stock', '12'],
  ['decimalComma', '1.234,50', '1234.50'],
  ['naToNull', 'n/a', null],
  ['dayFirst', '3/4/2026', '2026-04-03'],
  ['monthFirst', '3/4/2026', '2026-03-04'],
  ['epochSeconds', '0', '1970-01-01T00:00:00.000Z'],
  ['unescapeHtml', 'Tea &amp; milk', 'Tea & milk'],
])('%s does with %j what the page says', (name, text, wanted) => {
  expect(normalise(text, [name])).toBe(wanted);
});

test.each<[FieldType, string, unknown]>([
  ['text', 'Red  kettle', 'Red kettle'],
  ['number', '1,234.50', 1234.5],
  ['integer', '1,234', 1234],
  ['integer', '1.5', undefined],
  ['boolean', '✓', true],
  ['boolean', 'off', false],
  ['date', '12 March 2026', '2026-03-12'],
  ['date', '2026-03-12T10:00Z', '2026-03-12T10:00:00.000Z'],
  ['duration', 'PT1H20M', 4800],
  ['duration', '1:20:00', 4800],
  ['duration', '1 h 20 min', 4800],
  ['url', '/a#b', 'https://example.com/a'],
])('a %s reads %j as the page says', (type, text, wanted) => {
  const field: FieldSpec = {
    type,
    cardinality: 'one',
    required: true,
    stable: false,
    locators: [],
  };
  const read = readValue({ text }, field, 'https://example.com/');

  expect('value' in read ? read.value : undefined).toEqual(wanted);
});
