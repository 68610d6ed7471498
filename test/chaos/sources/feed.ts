import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf, type ChaosSource } from './source.ts';

export interface Feed extends ChaosSource {
  /** How the script behaves from now on. */
  behave(behaviour: FeedBehaviour): Promise<void>;
  /** Pids of every process of the script so far. */
  pids(): Promise<readonly number[]>;
}

export interface FeedBehaviour {
  /** Between two documents. */
  readonly delayMs?: number;
  /** Says that it has nothing, and that this is all. */
  readonly empty?: boolean;
  /** Ends with this exit code after so many documents. */
  readonly breaksAfter?: number;
  /** Printed as they are, before the documents. */
  readonly lines?: readonly string[];
}

/** A script source: it goes on from its last checkpoint, and tells its token to whoever reads its standard error. */
export async function openFeed(folder: string, count: number): Promise<Feed> {
  const [script, file, pidFile] = ['feed.mjs', 'feed.json', 'feed.pids'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const truth = new Map<number, number>();
  let behaviour: FeedBehaviour = {};
  let edition = 0;
  const write = async (): Promise<void> => {
    const documents = [...truth].map(([number, version]) => ({
      id: `feed-${number}`,
      title: `Feed ${number}`,
      content: textOf('feed', number, version),
    }));
    await writeFile(file, JSON.stringify({ edition, documents, ...behaviour }));
  };
  const put: ChaosSource['put'] = async (...numbers) => {
    for (const number of numbers) truth.set(number, (truth.get(number) ?? 0) + 1);
    edition += 1;
    await write();
  };
  await writeFile(script, SCRIPT);
  await writeFile(pidFile, '');
  await put(...Array.from({ length: count }, (_, at) => at + 1));
  return {
    id: 'feed',
    truth,
    definition: {
      type: 'script',
      config: {
        command: [process.execPath, script, file, pidFile],
        env: { FEED_TOKEN: '${env:FEED_TOKEN}' },
      },
    },
    put,
    async remove(...numbers) {
      for (const number of numbers) truth.delete(number);
      edition += 1;
      await write();
    },
    async behave(next) {
      behaviour = next;
      await write();
    },
    async pids() {
      const text = await readFile(pidFile, 'utf8');
      return text.split('\n').filter(Boolean).map(Number);
    },
    close: () => Promise.resolve(),
  };
}

const SCRIPT = `
import { appendFileSync, readFileSync } from 'node:fs';
const [file, pidFile] = process.argv.slice(2);
appendFileSync(pidFile, process.pid + '\\n');
console.error('starting with token ' + process.env.FEED_TOKEN);
const { edition, documents, delayMs = 0, empty = false, breaksAfter, lines = [] } = JSON.parse(readFileSync(file, 'utf8'));
const state = JSON.parse(process.env.WELLSPRING_STATE ?? 'null');
const cursor = state?.cursor ?? state;
// A place in another edition means nothing.
const from = cursor?.edition === edition ? cursor.next : 0;
const say = (text) => new Promise((resolve) => process.stdout.write(text + '\\n', resolve));
for (const line of lines) await say(line);
let next = from;
for (const document of empty ? [] : documents.slice(from)) {
  if (breaksAfter !== undefined && next - from >= breaksAfter) process.exit(9);
  await say(JSON.stringify({ kind: 'document', ...document }));
  next += 1;
  await say(JSON.stringify({ kind: 'checkpoint', cursor: { edition, next } }));
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
}
await say(JSON.stringify({ kind: 'listing', complete: true }));
await say(JSON.stringify({ kind: 'checkpoint', cursor: null }));
`;
