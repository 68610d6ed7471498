import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveFolder } from '../../fakes/folder-site.ts';
import type { Site } from '../../fakes/site.ts';
import { findPostgresDocs } from './postgres-docs.ts';
import { withRuleStage } from './rule-stage.ts';

const releases = await findPostgresDocs();

describe.skipIf(releases === undefined)('R20: two releases of a manual', () => {
  const stage = withRuleStage();
  const [old = '', young = ''] = releases ?? [];
  let current = old;
  let site: Site;

  beforeAll(async () => {
    site = await serveFolder(() => current);
  });
  afterAll(() => site.close());

  test('of 1,167 pages that all differ in bytes, at most 83 are stored again', async () => {
    const urls = [`${site.origin}/sitemap.xml`];
    const source = await stage().apply('manual', {
      type: 'http',
      config: { urls, sitemap: 'only', delayMs: 50 },
    });
    current = old;
    const first = await source.run();
    current = young;

    const second = await source.run();

    expect(first.counts.added).toBeGreaterThan(1100);
    const known = new Set(readdirSync(old));
    const fresh = readdirSync(young).filter((file) => !known.has(file)).length;
    console.warn(`R20: ${JSON.stringify(second)}; ${fresh} files are new`);
    expect(second.counts.updated).toBeLessThanOrEqual(83);
    expect(second.counts.added).toBeLessThanOrEqual(fresh);
  }, 900_000);
});
