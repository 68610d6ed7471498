import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { benches } from '../../bench/benches.ts';
import { readArguments } from '../../bench/arguments.ts';
import { parseArguments } from '../../client/arguments.ts';
import { commands } from '../../client/commands/index.ts';
import { parseStartArguments } from '../../local/arguments.ts';
import { WorkerSettings } from '../../workers/config.ts';
import { sourceTypes } from '../../activities/sources/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HANDBOOK = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const PAGES = ['README.md', 'AGENTS.md', ...HANDBOOK.map((name) => `docs/${name}`)].map((path) => ({
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
}));
const readme = PAGES.find(({ path }) => path === 'README.md')?.text ?? '';
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

test.each(PAGES)('every command in $path is one that exists', ({ path, text }) => {
  const wrong = commandsIn(text).flatMap((command) => {
    const problem = problemOf(command);
    return problem === undefined ? [] : [`${path}: "${command}": ${problem}`];
  });

  expect(wrong).toEqual([]);
});

test('the pages hold commands to check', () => {
  const all = PAGES.flatMap(({ text }) => commandsIn(text));

  expect(all.filter((command) => command.startsWith('npm run cli --')).length).toBeGreaterThan(30);
});

test.each([
  'npm run cli -- colect licences',
  'npm run cli -- run licences --nowait',
  'npm run cli -- check',
  'npm start -- --onse',
  'npm run bench -- no-such-bench',
  'npm run temporal -- schedules list',
  'npm run chek',
])('"%s" would be found', (command) => {
  expect(problemOf(command)).toBeDefined();
});

test.each(PAGES)('every link in $path leads somewhere', ({ path, text }) => {
  const broken = linksIn(text).filter((link) => !leadsSomewhere(link, path, text));

  expect(broken).toEqual([]);
});

test.each(HANDBOOK)('docs/%s begins with its title and is linked from the README', (name) => {
  const text = readFileSync(join(ROOT, 'docs', name), 'utf8');

  expect(text).toMatch(/^# \S/);
  expect(text.split('\n').length).toBeGreaterThan(40);
  expect(text.split('\n').length).toBeLessThan(120);
  expect(linksIn(readme)).toContain(`docs/${name}`);
});

test('the README has a row for each setting of a worker, in its own words', () => {
  const rows = Object.entries(WorkerSettings.shape).flatMap(([name, { description }]) =>
    description === undefined ? [] : [`| \`${name}\` | ${description.replaceAll('|', '\\|')} |`],
  );

  expect(rows.length).toBeGreaterThan(15);
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});

test.each(PAGES)('$path names only settings that exist', ({ text }) => {
  // What a script source is told.
  const told = ['WELLSPRING_STATE', 'WELLSPRING_STATE_FILE', 'WELLSPRING_SOURCE'];
  const known = new Set([...Object.keys(WorkerSettings.shape), ...told, 'WELLSPRING_STARTED_AT']);
  const named = text.match(/\bWELLSPRING_[A-Z_]+/g) ?? [];

  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('the keys of each source type are in the handbook', () => {
  const handbook = PAGES.map(({ text }) => text).join('\n');
  const missing = [...sourceTypes.values()].flatMap(({ spec }) =>
    Object.keys(spec.configSchema['properties'] ?? {})
      .filter((key) => !handbook.includes(key))
      .map((key) => `${spec.name}.${key}`),
  );

  expect(missing).toEqual([]);
});

test('AGENTS.md stays under 60 lines', () => {
  const agents = PAGES.find(({ path }) => path === 'AGENTS.md')?.text ?? '';

  expect(agents.trimEnd().split('\n').length).toBeLessThan(60);
});

/** Lines of code blocks, and code in sentences, that begin as our commands do. */
function commandsIn(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```\w*\n([^]*?)^```$/gm)].flatMap(([, body = '']) =>
    body.split('\n'),
  );
  const inline = [...text.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  );
  return [...blocks, ...inline]
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => /^npm (run|start|test)\b/.test(line) && !line.includes('…'));
}

/** Why a command does not work as it is written, or undefined. */
function problemOf(command: string): string | undefined {
  const words = wordsOf(command).filter((word) => word !== '--silent');
  const script = words[1] === 'run' ? (words[2] ?? '') : (words[1] ?? '');
  if (!Object.hasOwn(scripts, script)) return `package.json has no script "${script}"`;
  const at = words.indexOf('--');
  const given = at < 0 ? [] : words.slice(at + 1);
  try {
    return CHECKS.get(script)?.(given);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const TEMPORAL_COMMANDS = new Set(['schedule', 'workflow', 'activity', 'task-queue', 'operator']);

const CHECKS: ReadonlyMap<string, (given: readonly string[]) => string | undefined> = new Map<
  string,
  (given: readonly string[]) => string | undefined
>([
  ['cli', (given) => void parseArguments(given, commands)],
  ['start', (given) => void parseStartArguments(given, ROOT)],
  ['bench', checkBench],
  ['temporal', checkTemporal],
]);

function checkBench(given: readonly string[]): string | undefined {
  const unknown = readArguments([...given]).names.find((name) => !benches.has(name));
  return unknown === undefined ? undefined : `there is no bench "${unknown}"`;
}

function checkTemporal([first = '']: readonly string[]): string | undefined {
  if (first === '' || TEMPORAL_COMMANDS.has(first)) return undefined;
  return `"${first}" is no command of the Temporal CLI`;
}

/** As a shell splits it, for what stands in the pages: words, and double quotes round several. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}

function linksIn(text: string): readonly string[] {
  const outside = text.replaceAll(/^```[^]*?^```$/gm, '');
  return [...outside.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

function leadsSomewhere(link: string, from: string, text: string): boolean {
  if (/^https?:/.test(link)) return true;
  const [file = '', heading] = link.split('#');
  const path = join(ROOT, dirname(from), file);
  if (file !== '' && !existsSync(path)) return false;
  if (heading === undefined) return true;
  const target = file === '' ? text : readFileSync(path, 'utf8');
  return [...target.matchAll(/^#+ (.+)$/gm)].some(([, title = '']) => anchorOf(title) === heading);
}

/** As GitHub makes it. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-');
}
