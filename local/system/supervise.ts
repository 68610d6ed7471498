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

/**
 * Starts a part and starts it again, on the same ports and data, whenever it ends without having been told to. The first start must succeed;
 * later ones are tried until they do, with growing rests.
 */
export async function supervise<Part extends Stoppable>(
  name: string,
  start: (onExit: (exit: Exit) => void) => Promise<Part>,
  announce: (line: string) => void,
): Promise<Supervised<Part>> {
  const state = { stopping: false, restarting: Promise.resolve() };
  let part = await start(onExit);

  function onExit({ code, signal }: Exit): void {
    if (state.stopping) return;
    announce(
      `${name} ended (${signal ?? `exit code ${code}`}) and is started again; nothing is lost.`,
    );
    state.restarting = restart();
  }

  async function restart(): Promise<void> {
    for (
      let restMs = FIRST_REST_MS;
      !state.stopping;
      restMs = Math.min(restMs * 2, LONGEST_REST_MS)
    ) {
      await sleep(restMs);
      try {
        if (!state.stopping) part = await start(onExit);
        return;
      } catch (error) {
        announce(
          `${name} could not be started again: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }

  return {
    current: () => part,
    async stop() {
      state.stopping = true;
      await state.restarting;
      await part.stop();
    },
  };
}
