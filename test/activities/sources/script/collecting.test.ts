import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemTool } from '../../../../activities/sources/child-process/system-tool.ts';
import { script } from '../../../../activities/sources/script.ts';
import { descendants, eventually } from '../../../fakes/processes.ts';
import { withCollecting, type SourceCase } from '../../collection/collecting.ts';

const EMITTER = fileURLToPath(new URL('../../../fakes/emitter.ts', import.meta.url));
const TAP = fileURLToPath(new URL('../../../fakes/singer-tap.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wellspring-collecting-'));
const newSource = withCollecting();
const canMount = process.getuid?.() === 0 && mounts();
if (!canMount) console.warn('SKIPPED: a disk that is full needs the right to mount one.');
const emit = (...args: string[]): string[] => [process.execPath, EMITTER, ...args];

/** Temporary folders of runs are made here, so that what remains of them can be counted. */
const usual = process.env['TMPDIR'];
beforeEach(() => {
  process.env['TMPDIR'] = mkdtempSync(join(folder, 'tmp-'));
});
afterEach(async () => {
  const left = readdirSync(process.env['TMPDIR'] ?? '');
  if (usual === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = usual;
  if (!(await eventually(() => descendants().length === 0)))
    throw new Error(`These processes remain: ${descendants().join(', ')}.`);
  if (left.length > 0) throw new Error(`These files remain: ${left.join(', ')}.`);
});
afterAll(() => rmSync(folder, { recursive: true }));

function tool(name: string, ...args: string[]): void {
  execFileSync(systemTool(name) ?? name, args, { stdio: 'ignore' });
}

function mounts(): boolean {
  const place = mkdtempSync(join(folder, 'mount-'));
  try {
    tool('mount', '-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', place);
    tool('umount', place);
    return true;
  } catch {
    return false;
  }
}

async function scriptSource(config: Readonly<Record<string, unknown>>): Promise<SourceCase> {
  const source = await newSource({ type: 'script', config });
  Object.assign(source.deps, {
    sourceTypes: new Map([['script', script]]),
    settings: { ...source.deps.settings, allowedCommands: ['*'] },
  });
  return source;
}

describe('F33: a script that meets a limit', () => {
  test('fails its run, leaves no file, and the next run of the worker is well', async () => {
    const source = await scriptSource({
      command: emit('writes-large'),
      limits: { fileBytes: 1_000_000 },
    });
    await expect(source.run()).rejects.toMatchObject({ type: 'ScriptError' });
    await source.redefine({ config: { command: emit('good') } });

    const { status, counts } = await source.run();

    expect(status).toBe('succeeded');
    expect(counts).toMatchObject({ added: 3 });
    expect(Object.keys(await source.stored()).toSorted()).toStrictEqual(['a', 'b', 'c']);
  });

  test.skipIf(!canMount)('a worker whose disk is full says so, and blames no source', async () => {
    const source = await scriptSource({ command: emit('good') });
    const disk = mkdtempSync(join(folder, 'disk-'));
    tool('mount', '-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk);
    const roomy = process.env['TMPDIR'];
    try {
      writeFileSync(join(disk, 'full'), Buffer.alloc(16_384));
      process.env['TMPDIR'] = disk;

      await expect(source.run()).rejects.toMatchObject({
        type: 'QuotaExceeded',
        nonRetryable: false,
        message: expect.stringContaining('(ENOSPC)'),
        details: [{ platform: true }],
      });
      expect(readdirSync(disk)).toStrictEqual(['full']);
    } finally {
      process.env['TMPDIR'] = roomy;
      tool('umount', disk);
    }

    expect((await source.run()).status).toBe('succeeded');
  });
});

test('S4: a silence longer than the heartbeat keeps its heartbeat, and what was said before is stored meanwhile', async () => {
  const source = await scriptSource({ command: emit('pause', '4000') });
  const beats: number[] = [];
  const tuning = { ...source.deps.tuning, commitEveryMs: 200 };

  const run = source.collect({
    deps: { tuning },
    heartbeatTimeoutMs: 900,
    watch: (env) => env.on('heartbeat', () => void beats.push(Date.now())),
  });
  await expect.poll(() => source.stored(), { timeout: 3_500 }).toHaveProperty('before');
  const { counts } = await run;

  expect(counts).toMatchObject({ added: 2 });
  const gaps = beats.slice(1).map((at, index) => at - (beats[index] ?? at));
  expect(Math.max(...gaps)).toBeLessThan(900);
  expect(beats.length).toBeGreaterThan(8);
});

test('S8: a state that runs ahead of its records costs those records and nothing else', async () => {
  const source = await scriptSource({ command: emit('state-ahead') });

  await expect(source.run()).rejects.toMatchObject({ type: 'ScriptError' });

  expect(Object.keys(await source.stored())).toStrictEqual(['first']);
});

test('a state of 200 KB is kept in PostgreSQL and comes back by file', async () => {
  const source = await scriptSource({ command: emit('large-state', '200000') });

  await source.run();
  const { counts } = await source.run();

  expect(counts).toMatchObject({ updated: 1 });
  expect((await source.stored())['state']?.trim()).toBe('200002 false');
});

test('a Singer tap: records in, changes and removals seen by full tables', async () => {
  const tap = (gone: string, version: string) => ({
    command: [process.execPath, TAP],
    dialect: 'singer',
    env: { TOWN_GONE: gone, TOWNS_VERSION: version },
    streams: { towns: { title: 'name' } },
  });
  const source = await scriptSource(tap('', '1'));
  await source.redefine({ limits: { ...source.definition().limits, maxDeletedShare: 1 } });
  await source.run();

  // The same table again, then one row less: both under versions of their own.
  await source.redefine({ config: tap('', '2') });
  const same = await source.run();
  await source.redefine({ config: tap('b', '3') });
  const less = await source.run();

  expect(same.counts).toMatchObject({ deleted: 0, putRequests: 0 });
  expect(less.counts).toMatchObject({ deleted: 1 });
  expect(Object.keys(await source.stored())).toStrictEqual(['["towns","a"]']);
});

const blns = join(process.env['TEST_MATERIALS'] ?? '', 'naughty-strings', 'blns.json');
const hasNaughty = existsSync(blns);
if (!hasNaughty) console.warn('SKIPPED: TEST_MATERIALS has no "naughty-strings" folder.');

describe.skipIf(!hasNaughty)('F19: the naughty strings through a script', () => {
  test('as ids, titles, tags and attributes each is stored under a key of its own or a dead letter, and a neighbour never suffers', async () => {
    const texts = [...new Set(JSON.parse(readFileSync(blns, 'utf8')) as string[])];
    const file = join(folder, 'naughty.json');
    writeFileSync(file, JSON.stringify(['neighbour-1', ...texts, 'neighbour-2']));
    const source = await scriptSource({ command: emit('naughty', file) });

    const first = await source.run();
    const second = await source.run();
    const stored = await source.stored();
    const keys = await source.keys();

    // Ids that are nothing but blanks and control characters name nothing.
    const nameless = texts.filter((text) => text.replaceAll(/[\p{Cc}\s]/gu, '') === '').length;
    expect(first.counts).toMatchObject({ added: texts.length + 2 - nameless, failed: nameless });
    expect(second.counts).toMatchObject({ updated: 0, putRequests: 0 });
    expect(stored['neighbour-1']).toBe('# neighbour-1\n');
    expect(stored['neighbour-2']).toBe('# neighbour-2\n');
    expect(keys.every((key) => /^[a-z0-9/.-]{1,128}$/u.test(key))).toBe(true);
    expect(new Set(keys).size).toBe((texts.length + 2 - nameless) * 2);
  });
});
