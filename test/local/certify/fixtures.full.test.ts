import { describe, expect, test } from 'vitest';
import { findChromium } from '../../../local/tools/chromium.ts';
import { toolForTest } from '../../set-up/tools.ts';
import { tryFixture } from './try-fixture.ts';

const chromium = await toolForTest(findChromium);

test.each([
  ['database', ['spec.compatible', 'check.credentials']],
  ['script', ['spec.compatible']],
])(
  '100,000 documents of a %s source stay within the bound of memory',
  { timeout: 300_000 },
  async (name, skipped) => {
    await expect(tryFixture(name, { full: true, skipped })).resolves.toBeUndefined();
  },
);

describe.skipIf(chromium === undefined)('Chromium', () => {
  test('the site that certify brings along for browser passes', { timeout: 300_000 }, async () => {
    const skipped = [
      'spec.compatible',
      'check.credentials',
      'read.incomplete',
      'read.hostile',
      'read.memory',
      'read.secrets',
    ];

    await expect(tryFixture('browser', { full: false, skipped })).resolves.toBeUndefined();
  });
});
