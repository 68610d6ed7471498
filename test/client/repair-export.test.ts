import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { digestOf } from '../../adapters/definitions/digest.ts';
import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { deploySpec } from '../../adapters/postgres/deploy-spec.ts';
import { rollbackSpec } from '../../adapters/postgres/rollback-spec.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import { withDatabase } from '../set-up/postgres.ts';
import { sharedServer } from '../set-up/servers.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';
import { registerNamespace } from './namespace.ts';
import { json, runCli, type CliResult } from './run-cli.ts';

// Each step starts a process, several times as slow on a machine that is busy.
vi.setConfig({ testTimeout: 90_000 });

const databaseUrl = withDatabase();
let db: Database;
let env: Readonly<Record<string, string>>;
let cwd: string;
let folder: AsyncDisposable;

beforeAll(async () => {
  db = openDatabase(databaseUrl());
  await migrate(db);
  const address = await sharedServer('temporal');
  const namespace = `export-${randomUUID().slice(0, 8)}`;
  await registerNamespace(address, namespace);
  const made = await temporaryFolder();
  folder = made;
  cwd = made.path;
  await writeFile(join(cwd, 'wellspring.yaml'), MAIN);
  await writeFile(join(cwd, 'shop.yaml'), SHOP);
  env = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    WELLSPRING_DATABASE_URL: databaseUrl(),
    HEADING: 'h1',
  };
});

afterAll(async () => {
  await db.destroy();
  await folder[Symbol.asyncDispose]();
});

const MAIN = `include: [shop.yaml]
knowledgeBases: [{ id: main, knowledgeBaseId: KB12, dataSourceId: DS1, bucket: documents }]
`;
const SHOP = `# the shop
sources:
  - id: shop   # part of every key
    type: http
    config:
      urls: ["https://shop.example/"]
      extract:
        title: "\${env:HEADING}"   # the name
        content: main
`;
const FIXED = SHOP.replace(
  '"${env:HEADING}"   #',
  '{ locators: [.headline, "${env:HEADING}"] }   #',
);

const INCIDENT = 'f00dfeed-1';
const PATCH: SpecPatch = [
  { op: 'add', path: '/fields/title/locators/0', value: { css: '.headline' } },
];

async function deploy(): Promise<void> {
  const after = { title: { locators: ['.headline', 'h1'] }, content: 'main' };
  await deploySpec(db, {
    tenant: 'default',
    source: 'shop',
    incident: INCIDENT,
    patchDigest: digestOf(PATCH),
    from: specDigest('shop', { title: 'h1', content: 'main' }) ?? '',
    to: specDigest('shop', after) ?? '',
    patch: PATCH,
  });
}

async function cli(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr }: CliResult = await runCli(args, { cwd, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) as string });
  return stdout;
}

const file = (): Promise<string> => readFile(join(cwd, 'shop.yaml'), 'utf8');

test('a deployed fix is shown until it is exported and applied, and a rolled back one until it is taken out', async () => {
  await cli('apply');
  await deploy();

  const plan = await cli('plan');
  expect(plan.replaceAll(/\s+/g, ' ')).toContain(
    `Source "shop" runs with fix ${INCIDENT}: not yet in the files; "npm run cli -- repair export ${INCIDENT}" writes it.`,
  );
  expect(plan).toContain('No changes: everything is as the definitions say.');
  expect(json(await cli('apply', '--json'))).toMatchObject({
    changed: false,
    fixes: [{ source: 'shop', incident: INCIDENT, kind: 'fix', became: 'kept' }],
  });

  const shown = await cli('repair', 'export', 'f00d');
  expect(shown).toContain('    8 -         title: "${env:HEADING}"   # the name\n');
  expect(shown).toContain(
    '    8 +         title: { locators: [.headline, "${env:HEADING}"] }   # the name\n',
  );
  expect(shown).toContain('Nothing was written.');
  expect(await file()).toBe(SHOP);

  expect(await cli('repair', 'export', 'shop', '--write')).toContain('Wrote shop.yaml.');
  expect(await file()).toBe(FIXED);
  expect(await cli('repair', 'export', 'shop', '--write')).toContain('holds it already');
  expect(await file()).toBe(FIXED);

  expect(json(await cli('apply', '--json'))).toMatchObject({ fixes: [{ became: 'landed' }] });
  const gone = await runCli(['repair', 'export', 'shop'], { cwd, env });
  expect(gone).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'No fix "shop" is deployed that the files do not contain.',
    ) as string,
  });

  await rollbackSpec(db, { incident: INCIDENT });
  expect((await cli('apply')).replaceAll(/\s+/g, ' ')).toContain(
    `Source "shop" runs without fix ${INCIDENT}, which was rolled back and is still in the files;`,
  );
  await cli('repair', 'export', INCIDENT, '--write');
  const { sources } = parse(await file()) as {
    sources: [{ config: { extract: { title: object } } }];
  };
  expect(sources[0].config.extract.title).toEqual({ locators: ['${env:HEADING}'] });
});
