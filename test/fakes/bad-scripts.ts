/**
 * Scripts with one fault each, for tests of the conformance kit: `node bad-scripts.ts <fault>` writes NDJSON. `good` has none.
 * It runs in a process of its own, therefore it reads the environment and the process directly.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const out = (message: object): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);
const { WELLSPRING_STATE = 'null', API_TOKEN = '', TROUBLE = '' } = process.env;
const from = (JSON.parse(WELLSPRING_STATE) as { readonly next?: number } | null)?.next ?? 0;
const IDS = ['a', 'b', 'c', 'd'];

const faults: Readonly<Record<string, () => unknown>> = {
  good: () => all(),
  'random-ids': () => all({ idOf: () => `id-${Math.random()}` }),
  'ids-of-the-clock': () => all({ idOf: (id) => `${id}-${performance.timeOrigin}` }),
  'new-contents': () => all({ contentOf: () => `Read at ${performance.timeOrigin}.` }),
  'exit-0-after-an-error': () => {
    if (TROUBLE === '') return all();
    process.stderr.write('Error: connection reset\n');
    out({ kind: 'document', id: 'a', content: 'Content of a' });
    return out({ kind: 'listing', complete: true });
  },
  'no-listing': () => IDS.forEach((id) => document(id)),
  'state-ahead': () => {
    for (const [at, id] of IDS.entries()) {
      if (at < from) continue;
      out({ kind: 'checkpoint', cursor: { next: at + 1 } });
      document(id);
    }
    seenBefore();
    finish();
  },
  'state-backwards': () => {
    for (const [at, id] of IDS.entries()) {
      document(id);
      out({ kind: 'checkpoint', cursor: { step: [2, 3, 1, 4][at] } });
    }
    finish();
  },
  'state-that-skips': () => {
    if (from > 0) IDS.slice(2).forEach((id) => document(id));
    else IDS.forEach((id) => document(id));
    out({ kind: 'listing', complete: true });
    if (from === 0) out({ kind: 'document', id: 'e', content: 'too late' });
    out({ kind: 'checkpoint', cursor: null });
  },
  'large-state': () => {
    all();
    out({ kind: 'checkpoint', cursor: { text: 'x'.repeat(5000) } });
  },
  'secret-in-content': () => all({ contentOf: (id) => `Content of ${id} by ${API_TOKEN}` }),
  'secret-in-stderr': () => {
    process.stderr.write(`signed with ${Buffer.from(API_TOKEN).toString('hex')}\n`);
    all();
  },
  'leaves-a-grandchild': () => {
    grandchild();
    all();
  },
  'escapes-its-end': async () => {
    const child = grandchild();
    let cancelled = false;
    process.on('SIGTERM', () => (cancelled = true));
    document('a');
    // A cancellation comes now. An undisturbed read goes on, and cleans up.
    await sleep(400);
    if (cancelled) await sleep(600_000);
    IDS.slice(1).forEach((id) => document(id));
    finish();
    child.kill('SIGKILL');
  },
  blocks: async () => {
    document('a');
    await sleep(600_000);
  },
  'duplicate-ids': () => {
    all();
    document('a');
  },
  'invalid-utf8': () => {
    process.stdout.write(
      Buffer.from([
        ...Buffer.from('{"kind":"document","id":"x","content":"'),
        0xff,
        0x22,
        0x7d,
        0x0a,
      ]),
    );
    all();
  },
  'not-json': () => {
    process.stdout.write('Starting …\n');
    all();
  },
  'wrong-url': () => {
    out({ kind: 'document', id: 'e', content: 'x', url: 'docs/a' });
    all();
  },
  crashes: () => {
    document('a');
    process.exit(1);
  },
};

interface Variation {
  readonly idOf?: (id: string) => string;
  readonly contentOf?: (id: string) => string;
  readonly extra?: object;
}

function all({
  idOf = (id) => id,
  contentOf = (id) => `Content of ${id}`,
  extra,
}: Variation = {}): void {
  for (const id of IDS)
    out({ kind: 'document', id: idOf(id), title: id, content: contentOf(id), ...extra });
  finish();
}

function document(id: string): void {
  out({ kind: 'document', id, content: `Content of ${id}` });
}

function seenBefore(): void {
  for (const id of IDS.slice(0, from)) out({ kind: 'seen', id });
}

function finish(): void {
  out({ kind: 'listing', complete: true });
}

/** In a session of its own, deaf to SIGTERM, and without the pipes. */
function grandchild() {
  const code = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', code], { stdio: 'ignore', detached: true });
  child.unref();
  return child;
}

const run = faults[process.argv[2] ?? ''];
if (run === undefined) throw new Error(`There is no fault "${process.argv[2]}".`);
await run();
