import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BASE, DATABASE, load, loaded } from './case.ts';

const GOOD = `include: []\n${BASE}sources:\n  - id: docs\n    type: database\n    schedule: every hour\n    ${DATABASE}\n`;

test('any damage to a file is errors with places, never a crash', async () => {
  const damage = fc.record({
    at: fc.nat({ max: GOOD.length }),
    length: fc.nat({ max: 20 }),
    text: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('\n', '- ', ': ', '&a', '*a', '{', '|', '!!set'),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      const text = damages.reduce(
        (now, { at, length, text }) => now.slice(0, at) + text + now.slice(at + length),
        GOOD,
      );

      const result = await load(text, { URL: 'x' });

      for (const { file, line, sentence } of 'errors' in result ? result.errors : []) {
        expect(file).toBe('wellspring.yaml');
        expect(line).toBeLessThanOrEqual(text.split('\n').length);
        expect(sentence).toMatch(/ line \d+.*[.?]$/s);
      }
    }),
    { numRuns: 300 },
  );
});

test('any value in any place is errors, never a crash', async () => {
  const keys = [
    'id',
    'type',
    'schedule',
    'timezone',
    'category',
    'limits',
    'config',
    'enabled',
    'tenant',
    '__proto__',
    'constructor',
  ];
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()), async (entry) => {
      const text = `${BASE}sources: [${JSON.stringify({ type: 'database', ...entry })}]`;

      const result = await load(text);

      expect(Object.keys(result).length).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

test('an alias that would grow without bound is refused', async () => {
  const levels = Array.from(
    { length: 12 },
    (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at}, `.repeat(9)}]`,
  );

  const result = await load(`l0: &l0 [x]\n${levels.join('\n')}`);

  expect('errors' in result && result.errors[0]?.sentence).toContain('Unusable YAML');
});

test('thousands of sources load in seconds', async () => {
  const entries = Array.from(
    { length: 2000 },
    (_, at) => `  - { id: s-${at}, type: database, schedule: "${at % 60} * * * *", ${DATABASE} }`,
  );
  const started = performance.now();

  const { sources } = await loaded(`${BASE}sources:\n${entries.join('\n')}`);

  expect(sources).toHaveLength(2000);
  expect(performance.now() - started).toBeLessThan(15_000);
});

test.each([
  ['a value within itself', `limits: &x { a: *x }`, 'an alias stands within its own anchor'],
  ['a file within itself', `&top\nsources: *top`, 'an alias stands within its own anchor'],
  // Without an error this would be a file without sources, and applying it would retire all of them.
  ['an ordered map', `!!omap\n- sources: []`, 'lists and maps can be used'],
  ['bytes', `include: [!!binary aGVsbG8=]`, 'lists and maps can be used'],
])('%s is refused', async (_name, text, reason) => {
  const result = await load(text);

  expect('errors' in result && result.errors[0]?.sentence).toContain(reason);
});
