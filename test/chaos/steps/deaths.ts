import type { Step } from '../fault.ts';

/** What is counted of deaths that met a repair. */
export const DIED = {
  worker: 'workers killed in a repair',
  server: 'times the Temporal server was killed in a repair',
} as const;

export type Victim = keyof typeof DIED;

/** SIGKILL to all workers, to the server, or to all of them; who died comes back by `revive`. */
export function kill(...victims: readonly Victim[]): Step {
  return {
    says: `SIGKILL: ${victims.join(' and ')}`,
    async act(arena) {
      const { crew, stage } = arena;
      if (victims.includes('server')) await stage.temporal.kill();
      if (victims.includes('worker'))
        await Promise.all(crew.members().map((one) => crew.signal(one, 'SIGKILL')));
      for (const victim of victims) arena.count(DIED[victim]);
    },
  };
}

/** Who is dead starts again: the server on the same file, workers as new processes. */
export const revive: Step = {
  says: 'start again who is dead',
  async act({ crew, stage }) {
    await stage.temporal.start();
    await crew.fill();
  },
};
