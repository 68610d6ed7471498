import type { Arena, ArenaOptions } from './arena.ts';
import type { Evidence } from './evidence.ts';
import type { Excuses } from './gather/index.ts';
import type { Random } from './random.ts';
import type { Story } from './story.ts';

/** One thing that the nemesis or the story does. */
export interface Step {
  /** What it does, with all that the seed has decided: two equal scripts read the same. */
  readonly says: string;
  readonly act: (arena: Arena, story: Story) => Promise<void>;
}

/** One row of the fault matrix: how it is injected, how it is seen, and what must hold beside the invariants. */
export interface Fault {
  /** `F1`. */
  readonly id: string;
  /** A clause: `a worker dies in the middle of an upload`. */
  readonly title: string;
  readonly workload: ArenaOptions['workload'];
  readonly workers?: number;
  readonly settings?: ArenaOptions['settings'];
  readonly repair?: ArenaOptions['repair'];
  /** Why it cannot be injected on this machine; undefined where it can. */
  readonly missing?: () => Promise<string | undefined>;
  readonly script: (random: Random) => readonly Step[];
  /** How often it was seen to happen, by what was counted; a zero makes the run void. */
  readonly observe: (arena: Arena) => Readonly<Record<string, number>>;
  /** Must the runs of the script repair all, or may the next run of each source? */
  readonly heals: 'by itself' | 'by the next run';
  /** Documents that the invariants must not expect. Asked after the script. */
  readonly excuses?: (arena: Arena) => Excuses;
  /** What the row of the matrix promises beyond the invariants: a sentence for each breach. */
  readonly expects?: (arena: Arena, evidence: Evidence) => readonly string[];
}
