/**
 * A program for tests of script sources. `node emitter.ts <scenario>` writes NDJSON as its name says; scenarios may be hostile.
 * It runs in a process of its own, therefore it reads the environment and the process directly.
 */
import { spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const out = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
const raw = (bytes: string | Buffer): boolean => process.stdout.write(bytes);
const doc = (id: string, rest: object = {}): boolean =>
  out({ kind: 'document', id, title: `Title of ${id}`, content: `Content of ${id}`, ...rest });
const env = process.env;
const argument = process.argv[3] ?? '';

const scenarios: Readonly<Record<string, () => unknown>> = {
  good: () => {
    doc('a', {
      contentType: 'text/html; charset=utf-8',
      tags: ['x'],
      url: 'https://example.com/a',
    });
    doc('b', { metadata: { team: 'docs', size: 3, deep: { a: 1 }, none: null, list: ['x', 1] } });
    doc('c', { contentType: 'text/plain', modifiedAt: '2026-11-20T10:00:00+01:00', author: 'Ana' });
    out({ type: 'LISTING', complete: true });
  },
  empty: () => undefined,
  'increments-once': increments,
  /** The last document comes twice, as sources with inclusive bounds do. */
  increments: () => {
    increments();
    out({ kind: 'document', id: 'n-3', content: 'again' });
  },
  kinds: () => {
    out({ type: 'Document', id: 'x', content: 'X' });
    out({ kind: 'seen', id: 'y' });
    out({ kind: 'gone', id: 'z', why: 'removed' });
    out({ kind: 'failed', id: 'w', failure: 'AccessDenied', detail: 'no right' });
    out({ kind: 'log', level: 'warn', message: 'be careful' });
    raw('\n   \n');
    out({ kind: 'checkpoint', cursor: 'later' });
  },
  hostile: () => {
    doc('first');
    raw(
      Buffer.from([...Buffer.from('{"kind":"document","id":"bad-utf8","content":"'), 0xff, 0xc3]),
    );
    raw('"}\n');
    raw('{"kind":"document","id":"surrogates","title":"\\ud800","content":"a\\udfffb"}\n');
    raw('{"kind":"document","id":"nul","content":"a\\u0000b"}\n');
    raw('{"kind":"document","id":"nul\\u0000id","content":"x"}\n');
    raw('{"kind":"document","id":"lone\\ud800","content":"x"}\n');
    raw(`{"kind":"document","id":"long","content":"${'x'.repeat(5 * 1024 * 1024)}"}\n`);
    raw('this is no JSON\n[1,2]\n"text"\nnull\n');
    out({ kind: 'document', content: 'without an id' });
    out({ kind: 'document', id: 'no-content' });
    out({ kind: 'banana', id: 'x' });
    doc('twice');
    out({ kind: 'document', id: 'twice', content: 'newer' });
    out({ kind: 'document', id: '__proto__', content: 'p', metadata: { constructor: 'c' } });
    doc('../../etc/passwd?#');
    out({ kind: 'listing', complete: true });
    raw('{"kind":"document","id":"half');
  },
  'no-ids': () => {
    out({ kind: 'document', content: 'one' });
    out({ kind: 'document', content: 'two' });
  },
  'no-final-newline': () => raw('{"kind":"document","id":"last","content":"x"}'),
  exit: () => {
    doc('before');
    out({ kind: 'checkpoint', cursor: { at: 1 } });
    doc('after');
    out({ kind: 'listing', complete: true });
    process.stderr.write(`about to fail with ${env['TOKEN'] ?? 'nothing'}\n`);
    process.exitCode = Number(argument);
  },
  killed: () => {
    doc('before');
    process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
  },
  silent: async () => {
    doc('before');
    await sleep(600_000);
  },
  stubborn: async () => {
    process.on('SIGTERM', () => {});
    doc('before');
    await sleep(600_000);
  },
  /** Ends at once, but leaves a child that ignores SIGTERM and holds the pipes. `argument` is the file for its pid. */
  orphan: () => leaveChild(false),
  /** The same in a session of its own, which no signal to the group reaches. */
  escapee: () => leaveChild(true),
  endless: async () => {
    for (let next = 0; ; next += 1) {
      if (!doc(`n-${next}`, { content: 'x'.repeat(10_000) })) {
        if (argument !== '') writeFileSync(argument, String(next));
        await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
    }
  },
  /** Says one thing, is silent for `argument` milliseconds, and ends well. */
  pause: async () => {
    doc('before');
    await sleep(Number(argument));
    doc('after');
  },
  'writes-large': () => {
    doc('before');
    writeFileSync(`${env['TMPDIR']}/large`, Buffer.alloc(5_000_000, 'x'));
    doc('after');
  },
  'opens-many': () => {
    doc('before');
    for (let count = 0; count < 2000; count += 1) openSync('/dev/null', 'r');
    doc('after');
  },
  'eats-memory': () => {
    doc('before');
    const held = Array.from({ length: 40 }, () => Buffer.alloc(100_000_000, 'x'));
    doc('after', { content: String(held.length) });
  },
  'burns-time': () => {
    doc('before');
    for (;;) Math.sqrt(Math.random());
  },
  /** Connects to the port `argument` of this host. */
  connects: async () => {
    const outcome = await fetch(`http://127.0.0.1:${argument}/`).then(
      (response) => `answered ${response.status}`,
      (error: unknown) => `failed ${String((error as Error).cause)}`,
    );
    out({ kind: 'document', id: 'connection', content: outcome });
  },
  'large-state': () => {
    const given = readFileSync(env['WELLSPRING_STATE_FILE'] ?? '', 'utf8');
    out({ kind: 'document', id: 'state', content: `${given.length} ${'WELLSPRING_STATE' in env}` });
    out({ kind: 'checkpoint', cursor: 'x'.repeat(Number(argument)) });
  },
  /** A cursor that claims what comes after it, and a crash before that. */
  'state-ahead': () => {
    doc('first');
    out({ kind: 'checkpoint', cursor: { seen: 2 } });
    process.stdout.write('', () => process.exit(1));
  },
  /** Any text as id, title and attribute: `argument` is a file with a JSON list of texts. */
  naughty: () => {
    const texts = JSON.parse(readFileSync(argument, 'utf8')) as string[];
    for (const text of texts)
      out({
        kind: 'document',
        id: text,
        title: text,
        author: text,
        tags: [text],
        content: `# ${text}`,
        metadata: { [text]: text, plain: text },
      });
    out({ kind: 'listing', complete: true });
  },
  environment: () => {
    out({ kind: 'document', id: 'environment', content: JSON.stringify(env) });
    out({ kind: 'document', id: 'cwd', content: process.cwd() });
    process.stderr.write(`token is ${env['TOKEN']}\n`);
    out({ kind: 'log', message: `also here: ${env['TOKEN']}` });
    out({ kind: 'gone', id: 'g', why: `because of ${env['TOKEN']}` });
  },
};

function increments(): void {
  const state: unknown = JSON.parse(readFileSync(env['WELLSPRING_STATE_FILE'] ?? '', 'utf8'));
  const first =
    typeof state === 'object' && state !== null && 'next' in state ? Number(state.next) : 0;
  for (let next = first; next < 4; next += 1) {
    doc(`n-${next}`);
    out({ kind: 'checkpoint', cursor: { next: next + 1 } });
  }
}

function leaveChild(detached: boolean): void {
  const code = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', code], { stdio: 'inherit', detached });
  writeFileSync(argument, String(child.pid));
  child.unref();
  doc('parent');
}

const scenario = scenarios[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error(`There is no scenario "${process.argv[2]}".`);
await scenario();
