import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Certificate } from '../../../activities/sources/conformance/certificate.ts';
import { digestOf } from '../../../adapters/definitions/digest.ts';
import { parseCertifyArguments } from '../../../local/certify/arguments.ts';
import { merged, readPart } from '../../../local/certify/parts.ts';
import { environmentWith } from '../../../local/config.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';

const PROGRAM = fileURLToPath(new URL('../../../local/certify.ts', import.meta.url));
const BAD = fileURLToPath(new URL('../../fakes/bad-scripts.ts', import.meta.url));
const SHELF = fileURLToPath(
  new URL('../../../local/certify/fixtures/shelf-script.ts', import.meta.url),
);

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `npm run certify -- …`, typed in `folder`. */
function certify(folder: string, ...args: readonly string[]): Promise<Answer> {
  const env = environmentWith({ INIT_CWD: folder, MY_TOKEN: 'canary-from-outside' });
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test('a sound script with all its cases gets exit code 0, and a report that is stored as it is', async () => {
  await using folder = await temporaryFolder();
  writeFileSync(
    join(folder.path, 'shelf.json'),
    JSON.stringify({ a: 'A', b: 'B', c: 'C', d: 'D', e: 'E', f: 'F', g: 'G' }),
  );
  writeFileSync(join(folder.path, 'change.mjs'), CHANGE);

  const shelf = `"${process.execPath}" "${SHELF}"`;
  const { code, out } = await certify(folder.path, '--command', shelf, ...allCases(shelf));
  const { sha256, ...report } = JSON.parse(
    readFileSync(join(folder.path, 'report.json'), 'utf8'),
  ) as Certificate;

  expect(out).toMatch(/keeps the contract: 32 of 38 checks passed, 6 skipped, none failed\.\n/u);
  expect(code).toBe(0);
  expect(sha256).toBe(digestOf(report));
  expect(JSON.stringify(report)).not.toContain('canary-4711');
});

function allCases(shelf: string): readonly string[] {
  const change = `"${process.execPath}" change.mjs`;
  const options = {
    '--check': `${shelf} --check`,
    '--bad-credentials': '{env: {API_TOKEN: wrong}}',
    '--unreachable': '{env: {TROUBLE: down}}',
    '--nothing-matches': '{env: {SHELF: none.json}}',
    '--failing': '{env: {TROUBLE: fails}}',
    '--poisoned': '{env: {TROUBLE: poison}}',
    '--change-command': change,
    '--delete-command': `${change} delete`,
    '--json': 'report.json',
  };
  return [
    '--env',
    'SHELF=shelf.json',
    '--env',
    'API_TOKEN=canary-4711-x',
    ...Object.entries(options).flat(),
  ];
}

const CHANGE = `import { readFileSync, writeFileSync } from 'node:fs';
const all = JSON.parse(readFileSync('shelf.json', 'utf8'));
if (process.argv[2] === 'delete') delete all.c;
else all.b += ' again';
writeFileSync('shelf.json', JSON.stringify(all));
`;

test('a bad script gets exit code 1, its fault with what to do, and no colours in a file', async () => {
  await using folder = await temporaryFolder();

  const { code, out } = await certify(
    folder.path,
    '--command',
    `"${process.execPath}" "${BAD}" no-listing`,
  );

  expect(out).toContain('  ✗ it says whether it has listed everything (read.listing)\n');
  expect(out).toContain(
    '      → End a whole read with {"kind":"listing","complete":true}. Where that is meant',
  );
  expect(out).toMatch(/does not keep the contract: 1 failed/u);
  expect(out).not.toContain('\u001b');
  expect(code).toBe(1);
});

test('--append-only means it, --env takes from outside, and --json alone leaves standard output to the report', async () => {
  await using folder = await temporaryFolder();

  const { code, out, err } = await certify(
    folder.path,
    '--append-only',
    '--env',
    'MY_TOKEN',
    '--json',
    '--',
    process.execPath,
    BAD,
    'no-listing',
  );
  const report = JSON.parse(out) as Certificate;

  expect(report).toMatchObject({ verdict: 'passed', spec: { name: 'script' } });
  expect(report.checks.find(({ id }) => id === 'read.secrets')).toMatchObject({ verdict: 'pass' });
  expect(err).toContain('By --append-only');
  expect(code).toBe(0);
});

test('--since refuses what its report did not have to', async () => {
  await using folder = await temporaryFolder();
  const configSchema = { type: 'object', properties: { shell: { type: 'string' } }, required: [] };
  const former = { spec: { name: 'script', version: '0.1.0', configSchema } };
  writeFileSync(join(folder.path, 'former.json'), JSON.stringify(former));

  const { out } = await certify(
    folder.path,
    '--since',
    'former.json',
    '--',
    process.execPath,
    BAD,
    'good',
  );

  expect(out).toContain('"config.shell" is no longer known.');
});

test.each([
  ['no type and no program', [], /Name a type, or give a program/u],
  ['a program without dashes', ['node', 'x.mjs'], /npm run certify -- -- node x\.mjs/u],
  ['an unknown option', ['http', '--confg', 'x'], /--confg.*--help/su],
  ['a program for another type', ['http', '--', 'node'], /"http" source has no program/u],
  ['a program twice', ['--command', 'a', '--', 'b'], /given twice/u],
  ['an open quote', ['--command', 'node "x'], /quote.*not closed/u],
])('%s is refused in one sentence', (_what, args, sentence) => {
  expect(() => parseCertifyArguments(args)).toThrow(sentence);
});

test.each([
  ['a file that is not there', 'none.yaml', /"none\.yaml" of --config cannot be read/u],
  ['a text that is no map', '{a', /is no YAML map/u],
  ['a variable that is not set', '{a: "${env:NOT_SET}"}', /"NOT_SET" is not set/u],
])('%s is refused as a config', (_what, text, sentence) => {
  const local = { workingFolder: '/', ambient: () => undefined };

  expect(() => readPart(text, 'config', local)).toThrow(sentence);
});

test('what differs is laid over the good config, map by map', () => {
  const local = { workingFolder: '/', ambient: () => 'a b' };
  const good = { env: { A: '1', B: '2' }, command: ['x', 'y'] };

  const config = merged(
    good,
    readPart('{env: {B: "${env:NAME}"}, command: [z]}', 'failing', local),
  );

  expect(config).toStrictEqual({ env: { A: '1', B: 'a b' }, command: ['z'] });
});

test('an unknown type is wrong usage: exit code 2 and one sentence', async () => {
  await using folder = await temporaryFolder();

  const { code, out, err } = await certify(folder.path, 'rss');

  expect(err).toMatch(
    /^"rss" is no source type\. Types are browser, database, http, mcp, script.*\n$/u,
  );
  expect({ code, out }).toStrictEqual({ code: 2, out: '' });
});

test('--help lists every option and the exit codes', async () => {
  const { code, out } = await certify('/', '--help');

  expect(out).toMatch(/--bad-credentials.*--change-command.*--schedule.*--since.*Exit codes: 0/su);
  expect(code).toBe(0);
});
