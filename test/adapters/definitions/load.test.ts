import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadDefinitions } from '../../../adapters/definitions/load.ts';
import { BASE, DATABASE, errorsOf, loaded, onlySource, testTypes } from './case.ts';

describe('a good file', () => {
  test('gives definitions with every default filled in', async () => {
    const source = await onlySource(
      `${BASE}sources:\n  - id: docs\n    type: database\n    ${DATABASE}`,
    );

    expect(source).toEqual({
      id: 'docs',
      tenant: 'default',
      title: 'docs',
      type: 'database',
      enabled: true,
      schedule: {
        text: '0 */6 * * *',
        spec: { cron: '0 */6 * * *' },
        timezone: 'UTC',
        periodMs: 21_600_000,
      },
      knowledgeBase: {
        id: 'main',
        knowledgeBaseId: 'KB12',
        dataSourceId: 'DS1',
        bucket: 'documents',
        prefix: '',
        vectorStore: 'general',
        sync: { quietMs: 120_000, maxWaitMs: 600_000 },
      },
      category: 'database',
      limits: { timeoutMs: 1_800_000, sliceDocuments: 250_000, maxDeletedShare: 0.15 },
      config: { url: '${env:URL}', table: 'articles', primaryKey: ['id'] },
    });
  });

  test('says what the person wrote', async () => {
    const source = await onlySource(`
knowledgeBases:
  - id: main
    knowledgeBaseId: KB12
    dataSourceId: DS1
    bucket: documents
    prefix: /kb/
    region: eu-central-1
    evidence: { bucket: evidence }
    vectorStore: s3-vectors
    sync: { quiet: 5s, maxWait: 1 minute }
sources:
  - id: docs
    tenant: acme
    title: Our articles
    type: database
    enabled: false
    schedule: "30 6 * * 1-5"
    timezone: Europe/Berlin
    knowledgeBase: main
    category: database/articles
    limits: { timeout: 90s, maxDocuments: 10, sliceDocuments: 5, maxDeletedShare: 0, maxDeletions: 3 }
    ${DATABASE}`);

    expect(source).toMatchObject({
      tenant: 'acme',
      title: 'Our articles',
      enabled: false,
      schedule: { timezone: 'Europe/Berlin', periodMs: 86_400_000 },
      category: 'database/articles',
      limits: {
        timeoutMs: 90_000,
        maxDocuments: 10,
        sliceDocuments: 5,
        maxDeletedShare: 0,
        maxDeletions: 3,
      },
      knowledgeBase: {
        prefix: 'kb',
        region: 'eu-central-1',
        evidence: { bucket: 'evidence', prefix: 'evidence' },
        sync: { quietMs: 5000, maxWaitMs: 60_000 },
      },
    });
  });

  test('may be spread over files, and each is read once', async () => {
    const { sources } = await loaded({
      'wellspring.yaml': `include: ["sources/*.yaml", sources/b.yaml]\n${BASE}`,
      'sources/a.yaml': `sources: [{ id: a, type: database, ${DATABASE} }]`,
      'sources/b.yaml': `include: [more/c.yaml]\nsources: [{ id: b, type: database, ${DATABASE} }]`,
      'sources/more/c.yaml': `sources: [{ id: c, type: database, ${DATABASE} }]`,
    });

    expect(sources.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('is read from the disk with its globs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wellspring-definitions-'));
    await mkdir(join(folder, 'sources'));
    await writeFile(join(folder, 'wellspring.yaml'), `include: [sources/*.yaml]\n${BASE}`);
    await writeFile(
      join(folder, 'sources/a.yaml'),
      `sources: [{ id: a, type: database, ${DATABASE} }]`,
    );

    const result = await loadDefinitions({
      file: join(folder, 'wellspring.yaml'),
      variables: () => undefined,
      sourceTypes: testTypes,
    });

    await rm(folder, { recursive: true });
    expect(result).toMatchObject({ sources: [{ id: 'a' }] });
  });

  test('may hold anchors and merge keys', async () => {
    const { sources } = await loaded(`${BASE}sources:
  - &first { id: a, type: database, ${DATABASE} }
  - { <<: *first, id: b }`);

    expect(sources.map(({ id, type }) => [id, type])).toEqual([
      ['a', 'database'],
      ['b', 'database'],
    ]);
  });

  test('may have empty lists', async () => {
    expect(await loaded(`${BASE}sources:\n`)).toMatchObject({ sources: [] });
  });
});

describe('every error names file, line, source, value and remedy', () => {
  const entry = (lines: string): string =>
    `${BASE}sources:\n  - id: docs\n    type: database\n${lines}`;
  const good = `    ${DATABASE}\n`;

  test.each([
    [
      'an unknown source type',
      `${BASE}sources:\n  - { id: news, type: rss }`,
      'Unknown source type "rss" in wellspring.yaml line 4, source "news". Known types: database, mcp, script.',
    ],
    [
      'a misspelt source type',
      `${BASE}sources:\n  - { id: news, type: databse }`,
      'Unknown source type "databse" in wellspring.yaml line 4, source "news". Did you mean "database"? Known types: database, mcp, script.',
    ],
    [
      'a schedule in words',
      entry(`${good}    schedule: every tuesday`),
      '"schedule" is "every tuesday" in wellspring.yaml line 7, source "docs". Use a cron line such as "0 6 * * 2" or an interval such as "every 6 hours".',
    ],
    [
      'a cron line with an impossible hour',
      entry(`${good}    schedule: "0 25 * * *"`),
      '"schedule" is "0 25 * * *" in wellspring.yaml line 7, source "docs". Invalid value for hour: 25. Use a cron line such as "0 6 * * 2".',
    ],
    [
      'a misspelt time zone',
      entry(`${good}    timezone: Europe/Berln`),
      '"timezone" is "Europe/Berln" in wellspring.yaml line 7, source "docs". Did you mean "Europe/Berlin"?',
    ],
    [
      'a misspelt key of the envelope',
      entry(`${good}    scedule: hourly`),
      'The entry has the unknown key "scedule" in wellspring.yaml line 7, source "docs". Did you mean "schedule"?',
    ],
    [
      'a misspelt key of the config',
      entry(
        '    config:\n      url: "${env:URL}"\n      table: t\n      primaryKey: [id]\n      mod: fast',
      ),
      '"config" has the unknown key "mod" in wellspring.yaml line 10, source "docs". Did you mean "mode"?',
    ],
    [
      'a misspelt choice',
      entry(
        '    config:\n      { url: "${env:URL}", table: t, primaryKey: [id],\n        mode: fsat }',
      ),
      '"config.mode" is "fsat" in wellspring.yaml line 8, source "docs". Did you mean "fast"?',
    ],
    [
      'a value of another kind',
      entry(`${good}    enabled: "yes"`),
      '"enabled" is "yes" in wellspring.yaml line 7, source "docs". Expected true or false.',
    ],
    [
      'a missing key, by its description',
      entry('    config: { table: t, primaryKey: [id] }'),
      '"config.url" is missing in wellspring.yaml line 6, source "docs". Add it: connection string.',
    ],
    [
      'a list that is too short',
      entry('    config: { url: "${env:URL}", table: t, primaryKey: [] }'),
      '"config.primaryKey" is a list in wellspring.yaml line 6, source "docs". Expected at least 1 item.',
    ],
    [
      'a number out of bounds',
      entry('    config: { url: "${env:URL}", table: t, primaryKey: [id], pageSize: 9999 }'),
      '"config.pageSize" is "9999" in wellspring.yaml line 6, source "docs". Expected a number of at most 1000.',
    ],
    [
      'a wrong branch of a union',
      entry('    config: { url: "${env:URL}", table: t, primaryKey: [id], extract: { a: 5 } }'),
      '"config.extract.a" is "5" in wellspring.yaml line 6, source "docs". Expected a text or a map of keys.',
    ],
    [
      'a rule of the source type itself',
      entry('    config: { url: "${env:URL}", table: t, primaryKey: [id], cursor: id }'),
      '"config" is refused in wellspring.yaml line 6, source "docs". The cursor "id" is in the primary key. Name another.',
    ],
    [
      'a category of four parts',
      entry(`${good}    category: A b/c/d/e`),
      '"category" is "A b/c/d/e" in wellspring.yaml line 7, source "docs". Use one to three slugs joined by "/", such as "a-b/c/d".',
    ],
    [
      'a time that is none',
      entry(`${good}    limits: { timeout: soon }`),
      '"limits.timeout" is "soon" in wellspring.yaml line 7, source "docs". Use a time such as "30 minutes", "6h" or "90s".',
    ],
    [
      'a time that is too long',
      entry(`${good}    limits: { timeout: 3h }`),
      '"limits.timeout" is "3h" in wellspring.yaml line 7, source "docs". Use a time from 1 second to 2 hours.',
    ],
    [
      'an unknown knowledge base',
      entry(`${good}    knowledgeBase: mian`),
      'Unknown knowledge base "mian" in wellspring.yaml line 7, source "docs". Did you mean "main"?',
    ],
    [
      'an id that is no slug',
      `${BASE}sources:\n  - { id: "My Döcs", type: database, ${DATABASE} }`,
      '"id" is "My Döcs" in wellspring.yaml line 4, source "My Döcs". Use lower-case letters, digits and hyphens, at most 63, such as "my-docs".',
    ],
    [
      'a key that would be too long for Bedrock',
      `${BASE}sources:\n  - { id: ${'x'.repeat(63)}, type: database, category: long-category, ${DATABASE} }`,
      `Bucket, prefix, tenant, category and source id together are 96 bytes ("documents/default/long-category/${'x'.repeat(63)}/") in wellspring.yaml line 4, source "${'x'.repeat(63)}". 90 are allowed, so that Bedrock takes the keys. Shorten the category, the id or the prefix.`,
    ],
    [
      'a NUL character, which the database cannot store',
      entry('    config: { url: "${env:URL}", table: "a\\0b", primaryKey: [id] }'),
      '"config.table" holds a NUL character or half of a surrogate pair in wellspring.yaml line 6, source "docs". Remove that character.',
    ],
    [
      'evidence that would be indexed',
      'knowledgeBases:\n  - id: main\n    knowledgeBaseId: K\n    dataSourceId: D\n    bucket: documents\n    evidence: { bucket: documents }',
      '"evidence" lies where the knowledge base reads its documents in wellspring.yaml line 6, knowledge base "main". Give it another bucket, or give both a prefix of their own.',
    ],
    [
      'a doubled key',
      'sources: []\nsources: []',
      'Malformed YAML (Map keys must be unique) in wellspring.yaml line 2. Mend that line: indentation, quotes and brackets are the usual causes.',
    ],
    [
      'a file that is a list',
      '- sources',
      'The definitions are not a map of keys in wellspring.yaml line 1. Write "sources:" and "knowledgeBases:" with a list below each.',
    ],
    [
      'an unknown key of the file',
      `${BASE}source: []`,
      'The file has the unknown key "source" in wellspring.yaml line 3. Did you mean "sources"?',
    ],
    [
      'sources that are no list',
      `${BASE}sources: { id: docs }`,
      '"sources" is a map of keys in wellspring.yaml line 3. Expected a list.',
    ],
    [
      'an entry that is no map',
      `${BASE}sources:\n  - docs`,
      'The entry is "docs" in wellspring.yaml line 4. Expected a map of keys.',
    ],
    [
      'sources without any knowledge base',
      `sources:\n  - { id: docs, type: database, ${DATABASE} }`,
      'There is no knowledge base in wellspring.yaml line 1. Add "knowledgeBases:" with id, knowledgeBaseId, dataSourceId and bucket.',
    ],
  ])('%s', async (_name, text, sentence) => {
    expect(await errorsOf(text)).toEqual([sentence]);
  });

  test('a file that is not there', async () => {
    expect(await errorsOf({})).toEqual([
      'The definitions file "wellspring.yaml" cannot be read. Run "npm run cli -- init" to write one, or name another with --config.',
    ]);
  });

  test('an included file that is not there', async () => {
    expect(await errorsOf(`include:\n  - more.yaml\n${BASE}`)).toEqual([
      '"include" has "more.yaml", which cannot be read in wellspring.yaml line 2. Create that file or mend the path, which is relative to the file that includes it.',
    ]);
  });

  test('includes that go in a circle', async () => {
    const errors = await errorsOf({
      'wellspring.yaml': `include: [sources/a.yaml]\n${BASE}`,
      'sources/a.yaml': 'include: [b.yaml]',
      'sources/b.yaml': 'include: [a.yaml]',
    });

    expect(errors).toEqual([
      '"include" goes in a circle: "sources/a.yaml" → "sources/b.yaml" → "sources/a.yaml" in sources/b.yaml line 1. Remove one of these includes.',
    ]);
  });

  test('an id that comes twice, in two files', async () => {
    const errors = await errorsOf({
      'wellspring.yaml': `include: [a.yaml]\n${BASE}sources:\n  - { id: docs, type: database, ${DATABASE} }`,
      'a.yaml': `sources:\n  - { id: docs, type: database, ${DATABASE} }`,
    });

    expect(errors).toEqual([
      '"id" is "docs" a second time in a.yaml line 2, source "docs". The first is in wellspring.yaml line 5. Give one of them another id.',
    ]);
  });

  test('a source that does not say which of two knowledge bases', async () => {
    const errors =
      await errorsOf(`${BASE}  - { id: other, knowledgeBaseId: K, dataSourceId: D, bucket: other }
sources:\n  - { id: docs, type: database, ${DATABASE} }`);

    expect(errors).toEqual([
      '"knowledgeBase" is missing, and there are several in wellspring.yaml line 5, source "docs". Name one of them: main, other.',
    ]);
  });

  test('all of them come in one go', async () => {
    const errors = await errorsOf({
      'wellspring.yaml': `include: [a.yaml, gone.yaml]
knowledgeBases:
  - { id: main, knowledgeBaseId: "", dataSourceId: DS1, bucket: Documents }
sources:
  - { id: a, type: rss, schedule: never, tenant: "?" }
  - { id: b, type: database, config: { url: "", tabel: t } }`,
      'a.yaml': 'sources: [',
    });

    expect(errors).toHaveLength(10);
  });
});

describe('what does not count as a change', () => {
  test('comes into the definition', async () => {
    const source = await onlySource(
      `${BASE}sources:\n  - id: docs\n    type: database\n    changes: { ignore: ['Version \\d+'] }\n    ${DATABASE}`,
    );

    expect(source.changes).toEqual({ ignore: ['Version \\d+'] });
  });

  test.each([
    ['(', 'Use a regular expression'],
    ['a*', 'This matches the empty text'],
  ])('"%s" is refused', async (pattern, sentence) => {
    const errors = await errorsOf(
      `${BASE}sources:\n  - id: docs\n    type: database\n    changes: { ignore: ['${pattern}'] }\n    ${DATABASE}`,
    );

    expect(errors).toEqual([expect.stringContaining(sentence)]);
  });
});
