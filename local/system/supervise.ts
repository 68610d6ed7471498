import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from '../processes.ts';

export interface Stoppable {
  readonly stop: () => Promise<void>;
}

export interface Supervised<Part extends Stoppable> extends Stoppable {
  /** The part as it runs now: another object after a restart. */
  readonly current: () => Part;
}

const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;
/** A part that ran this long was well: its next end is a new story, with a short rest. */
const STEADY_AFTER_MS = 60_000;
/** A restart that is under way when all is stopped may end this long; beyond it, the guard ends what it started. */
const RESTART_ENDS_WITHIN_MS = 5000;

/**
 * Starts a part and starts it again, on the same ports and data, whenever it ends without having been told to. The first start must succeed;
 * later ones are tried until they do, with growing rests.
 */
export async function supervise<Part extends Stoppable>(
  name: string,
  start: (onExit: (exit: Exit) => void) => Promise<Part>,
  announce: (line: string) => void,
): Promise<Supervised<Part>> {
  const ending = new AbortController();
  let restarting = Promise.resolve();
  let restMs = FIRST_REST_MS;
  let part = await attempt();

  /** A part that ends before its start has succeeded fails that start: only one that was up is started again. */
  async function attempt(): Promise<Part> {
    let upSince = 0;
    let early: Exit | undefined;
    const started = await start((exit) => {
      if (upSince === 0) early = exit;
      else ended(exit, Date.now() - upSince);
    });
    upSince = Date.now();
    if (early) ended(early, 0);
    return started;
  }

  function ended({ code, signal }: Exit, ranMs: number): void {
    if (ending.signal.aborted) return;
    announce(
      `${name} ended (${signal ?? `exit code ${code}`}) and is started again; nothing is lost.`,
    );
    if (ranMs > STEADY_AFTER_MS) restMs = FIRST_REST_MS;
    restarting = restart();
  }

  async function restart(): Promise<void> {
    while (await rest()) {
      try {
        part = await attempt();
        if (ending.signal.aborted) await part.stop();
        return;
      } catch (error) {
        if (!ending.signal.aborted) announce(`${name} could not be started again: ${says(error)}`);
      }
    }
  }

  /** False when everything is being stopped. */
  async function rest(): Promise<boolean> {
    const { signal } = ending;
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
    restMs = Math.min(restMs * 2, LONGEST_REST_MS);
    return !signal.aborted;
  }

  return {
    current: () => part,
    async stop() {
      ending.abort();
      await Promise.race([restarting, sleep(RESTART_ENDS_WITHIN_MS, undefined, { ref: false })]);
      await part.stop();
    },
  };
}

function says(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
