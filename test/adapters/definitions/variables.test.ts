import { describe, expect, test } from 'vitest';
import { BASE, DATABASE, errorsOf, loaded, onlySource } from './case.ts';

const source = (config: string): string =>
  `${BASE}sources:\n  - id: docs\n    type: database\n    config: { table: t, primaryKey: [id], ${config} }`;

describe('variables', () => {
  test('are put in their places when the file is loaded, also inside of texts', async () => {
    const { config } = await onlySource(
      source('url: "${env:URL}", extract: { a: "x-${env:A}-${env:B}" }'),
      { A: '1', B: '${env:A}' },
    );

    expect(config).toMatchObject({ extract: { a: 'x-1-${env:A}' } });
  });

  test('stay references in secret fields, whether they are set or not', async () => {
    const { config } = await onlySource(
      source('url: "${env:URL}", headers: { Authorization: "Bearer ${env:TOKEN}" }'),
      { URL: 'postgres://canary@host/db' },
    );

    expect(config).toMatchObject({
      url: '${env:URL}',
      headers: { Authorization: 'Bearer ${env:TOKEN}' },
    });
  });

  test('that are missing are named once, with file and line', async () => {
    expect(
      await errorsOf(
        `knowledgeBases:\n  - id: main\n    knowledgeBaseId: "\${env:KB}"\n    dataSourceId: D\n    bucket: documents`,
      ),
    ).toEqual([
      '"knowledgeBaseId" needs the variable "KB", which is not set in wellspring.yaml line 3, knowledge base "main". Set KB in the environment, or write the value in its place.',
    ]);
  });

  test('must have a name that a variable can have, in secret fields too', async () => {
    expect(await errorsOf(source('url: "${env:1-X}"'))).toEqual([
      '"config.url" refers to "${env:1-X}", which cannot be the name of a variable in wellspring.yaml line 6, source "docs". Write it as "${env:NAME}", with letters, digits and underscores.',
    ]);
  });

  test('are never shown with their values, which may be secrets in the wrong place', async () => {
    const errors = await errorsOf(source('url: "${env:URL}", mode: "${env:MODE}"'), {
      MODE: 'canary-value',
    });

    expect(errors).toEqual([
      '"config.mode" is "${env:MODE}" in wellspring.yaml line 6, source "docs". Allowed: fast, thorough.',
    ]);
  });

  test('of the papers serve as the default of bucket and region', async () => {
    const text = `knowledgeBases: [{ id: main, knowledgeBaseId: K, dataSourceId: D }]`;

    const { knowledgeBases } = await loaded(text, {
      SOURCE_AGENTS_S3_BUCKET: 'from-papers',
      SOURCE_AGENTS_S3_REGION: 'eu-west-1',
    });

    expect(knowledgeBases).toMatchObject([{ bucket: 'from-papers', region: 'eu-west-1' }]);
    expect(await errorsOf(text)).toEqual([
      '"bucket" is missing in wellspring.yaml line 1, knowledge base "main". Add the bucket that the data source reads, or set SOURCE_AGENTS_S3_BUCKET.',
    ]);
  });

  test.each([
    ['SOURCE_AGENTS_ENABLED', '"enabled"'],
    ['SOURCE_AGENTS_RUN_ON_STARTUP', '"schedule"'],
    ['SOURCE_AGENTS_AUTO_SYNC_KB', '"sync"'],
    ['SOURCE_AGENTS_SYNC_INTERVAL', '"sync.quiet"'],
  ])('of the papers that became keys are noticed: %s', async (name, key) => {
    const { notices } = await loaded(BASE, { [name]: 'true' });

    expect(notices).toHaveLength(1);
    expect(notices[0]?.sentence).toContain(`"${name}" is set, but no longer read`);
    expect(notices[0]?.sentence).toContain(key);
  });
});

describe('a secret in plain text', () => {
  const noticed = async (url: string): Promise<boolean> => {
    const { notices } = await loaded(source(`url: "${url}"`));
    expect(JSON.stringify(notices)).not.toContain('hunter2');
    return notices.some(({ sentence }) => sentence.includes('holds a secret in plain text'));
  };

  test.each([
    ['hunter2', true],
    ['postgres://ana:hunter2@host/db', true],
    ['https://api.example.com/?token=hunter2', true],
    ['postgres://ana@host/db', false],
    ['postgres://ana:${env:PASSWORD}@host/db', false],
    ['https://example.com/feed', false],
    ['./articles.sqlite', false],
    ['secretsmanager:articles', false],
    ['${env:URL}', false],
  ])('%s: %s', async (url, expected) => {
    expect(await noticed(url)).toBe(expected);
  });

  test('is not shown when the field has the wrong form', async () => {
    expect(await errorsOf(source('url: 12345678'))).toEqual([
      '"config.url" is a secret of the wrong form in wellspring.yaml line 6, source "docs". Expected a text.',
    ]);
  });

  test('a reference outside of a secret field is noticed, because it would be taken as text', async () => {
    const { notices } = await loaded(
      `${BASE}sources: [{ id: docs, type: database, title: "secretsmanager:x", ${DATABASE} }]`,
    );

    expect(notices[0]?.sentence).toBe(
      '"title" looks like a secret ("secretsmanager:x"), but is no secret field in wellspring.yaml line 3, source "docs". The text is used as it is. References to secrets work only in secret fields.',
    );
  });
});
