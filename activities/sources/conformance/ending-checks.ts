import { setTimeout as sleep } from 'node:timers/promises';
import { fail, pass, skipped, type Check, type Outcome } from './check.ts';
import type { KitEnv } from './environment.ts';
import { leftProcesses } from './left-processes.ts';
import type { Trial } from './trial.ts';

/** What a read takes from its worker, and what it leaves. */
export const endingChecks: readonly Check[] = [
  {
    id: 'read.clean',
    group: 'read',
    title: 'a finished read leaves no process behind',
    needs: ['read.ends'],
    run: leavesNothing,
  },
  {
    id: 'read.cancel',
    group: 'read',
    title:
      'it ends within 5 seconds of a cancellation, and leaves no process, browser or connection',
    run: cancels,
  },
  {
    id: 'read.heartbeat',
    group: 'read',
    title: 'it never blocks the event loop, so that heartbeats go on',
    needs: ['read.ends'],
    run: beats,
  },
  {
    id: 'read.memory',
    group: 'read',
    title: 'memory is bounded, however many documents come',
    needs: ['read.ends'],
    run: bounded,
  },
];

async function leavesNothing(trial: Trial): Promise<Outcome> {
  const { env } = await trial.wholeRead('first');
  const left = await leftProcesses(env);
  return left.length === 0
    ? pass()
    : fail(
        `These still run: ${left.join('; ')}.`,
        'End every child before you end; none may leave its process group ("setsid", "detached").',
      );
}

async function cancels(trial: Trial): Promise<Outcome> {
  for (const messagesBefore of [0, 1]) {
    const when = messagesBefore === 0 ? 'before its start' : 'after its first message';
    const connectionsBefore = connections();
    const env = trial.env();
    const elapsedMs = await readUntilCancelled(trial, env, messagesBefore);
    if (elapsedMs === undefined || elapsedMs >= LIMIT_MS)
      return fail(
        `Cancelled ${when}, it ${elapsedMs === undefined ? 'had not ended after 15 seconds' : `took ${Math.round(elapsedMs)} ms to end`}.`,
        'Give "env.signal" to everything that waits.',
      );
    const left = await leftProcesses(env);
    if (left.length > 0)
      return fail(
        `Cancelled ${when}, it left these running: ${left.join('; ')}.`,
        'End every child at SIGTERM; none may leave its process group ("setsid", "detached").',
      );
    const open = await connectionsAbove(connectionsBefore);
    if (open > 0)
      return fail(
        `Cancelled ${when}, it left ${open} connections open.`,
        'Close pools and clients in a "finally".',
      );
  }
  return pass();
}

const LIMIT_MS = 5_000;
const GIVE_UP_MS = 15_000;

/** Milliseconds between the abort and the end of the read; undefined where it does not end. How it ends is the type's business. */
async function readUntilCancelled(
  trial: Trial,
  env: KitEnv,
  messagesBefore: number,
): Promise<number | undefined> {
  let abortedAt = 0;
  const abort = (): void => {
    abortedAt ||= performance.now();
    env.abort();
  };
  if (messagesBefore === 0) abort();
  const reading = readOn(trial, env, messagesBefore, abort);
  // A read that says nothing before it is cancelled is cancelled all the same.
  const latest = sleep(trial.limits.readMs, undefined, { ref: false }).then(abort);
  await Promise.race([reading, latest]);
  const patience = new AbortController();
  const ended = await Promise.race([
    reading.then(() => true),
    sleep(GIVE_UP_MS, false, { signal: patience.signal }).catch(() => false),
  ]);
  patience.abort();
  if (!ended) return undefined;
  return abortedAt === 0 ? 0 : performance.now() - abortedAt;
}

async function readOn(
  trial: Trial,
  env: KitEnv,
  messagesBefore: number,
  abort: () => void,
): Promise<void> {
  try {
    let count = 0;
    for await (const message of trial.open().read(null, env)) {
      trial.heard(message);
      count += 1;
      if (count === messagesBefore) abort();
    }
  } catch (error) {
    trial.heard(error);
  }
}

/** Connections of this process, in both directions. */
function connections(): number {
  return process
    .getActiveResourcesInfo()
    .filter((one) => /^(TCPSocketWrap|TCPConnectWrap|TLSWrap)$/u.test(one)).length;
}

async function connectionsAbove(before: number): Promise<number> {
  const deadline = performance.now() + CONNECTION_PATIENCE_MS;
  while (connections() > before && performance.now() < deadline) await sleep(50);
  return Math.max(0, connections() - before);
}

const CONNECTION_PATIENCE_MS = 2_000;

async function beats(trial: Trial): Promise<Outcome> {
  const { blockedMs } = await trial.wholeRead('first');
  const limitMs = trial.limits.blockedMs;
  const said = `The event loop stood still for ${Math.round(blockedMs)} ms at most`;
  return blockedMs <= limitMs
    ? pass(said)
    : fail(
        `${said}; ${limitMs} ms are allowed. Every other source on this worker stood still with it.`,
        'Move the work into a worker thread, or cut it into pieces.',
      );
}

async function bounded(trial: Trial): Promise<Outcome> {
  const { big, howToGive } = trial.subject;
  if (big === undefined)
    return skipped(`There is no big source. ${howToGive?.['big'] ?? ''}`.trim());
  const before = process.memoryUsage().rss;
  let peak = before;
  let count = 0;
  const { error } = await trial.read({
    config: big,
    onMessage(message) {
      if (message.kind === 'document') count += 1;
      if (count % 500 === 0) peak = Math.max(peak, process.memoryUsage().rss);
    },
  });
  if (error !== undefined) throw error;
  const grown = Math.round((peak - before) / 1024 ** 2);
  const limit = Math.round(trial.limits.memoryBytes / 1024 ** 2);
  return grown <= limit
    ? pass(`${count} documents, ${grown} MB more`)
    : fail(
        `While ${count} documents came, the process grew by ${grown} MB; ${limit} MB are allowed.`,
        'Stream: hold one page at a time.',
      );
}
