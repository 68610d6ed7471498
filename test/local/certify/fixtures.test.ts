import { expect, test } from 'vitest';
import { fixtures } from '../../../local/certify/fixtures/index.ts';
import { tryFixture } from './try-fixture.ts';

/** What is not tried with the source that is brought along. The browser is tried by `npm run test:full`: each page costs it a second. */
const SKIPPED: Readonly<Record<string, readonly string[]>> = {
  database: ['spec.compatible', 'check.credentials', 'read.memory'],
  http: ['spec.compatible', 'read.forward', 'read.memory'],
  mcp: [
    'spec.compatible',
    'check.credentials',
    'read.expected',
    'read.forward',
    'read.incomplete',
    'read.hostile',
    'read.delete',
    'read.memory',
  ],
  script: ['spec.compatible', 'read.memory'],
  strands: [
    'spec.compatible',
    'check.others',
    'read.forward',
    'read.hostile',
    'read.delete',
    'read.memory',
  ],
};

test.each(Object.entries(SKIPPED))(
  'the source that certify brings along for %s passes',
  { timeout: 120_000 },
  async (name, skipped) => {
    await expect(tryFixture(name, { full: false, skipped })).resolves.toBeUndefined();
  },
);

test('every source that is brought along is tried here or in the long stories', () => {
  expect([...fixtures.keys()].filter((name) => name !== 'browser')).toStrictEqual(
    Object.keys(SKIPPED),
  );
});
