import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
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

  /** Collects the old release, then the young one: what the second run did. */
  async function upgrade(definition: Partial<SourceDefinition>) {
    const config = { urls: [`${site.origin}/sitemap.xml`], sitemap: 'only', delayMs: 50 };
    const source = await stage().apply('manual', { type: 'http', config, definition });
    current = old;
    const first = await source.run();
    expect(first.counts.added).toBe(pagesOf(old).length);
    current = young;
    const { counts } = await source.run();
    const fresh = pagesOf(young).length - pagesOf(old).length;
    expect(counts.added).toBe(fresh);
    // A document that is written has a sidecar each time, and its text only if that changed.
    const texts = counts.putRequests - counts.updated - 2 * fresh;
    console.warn(
      `R20: of ${pagesOf(old).length} pages ${counts.updated} were written again, ${texts} with a new text.`,
    );
    return { updated: counts.updated, texts };
  }

  test('of 1,167 pages that all differ in bytes, the text of at most 83 is stored again', async () => {
    const { updated, texts } = await upgrade({});

    expect(texts).toBeLessThanOrEqual(83);
    // The rest are titles with another number of their chapter: a change of an attribute.
    expect(updated).toBeLessThanOrEqual(90);
  }, 900_000);

  test('without versions and numbers of chapters, fewer of them change at all', async () => {
    const ignore = [String.raw`\b15\.\d+\b`, String.raw`\bE\.\d+\.`];
    const { updated } = await upgrade({ changes: { ignore } });

    expect(updated).toBeLessThanOrEqual(83);
  }, 900_000);
});

function pagesOf(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.html'));
}
