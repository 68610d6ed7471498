import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleChanged, type Edit } from '../changed-workflows.ts';
import type { Fault, Step } from '../fault.ts';
import {
  approveFix,
  broken,
  moved,
  PAGES,
  repairEnds,
  SHORT_PROBATION,
  untilAsked,
  untilStage,
} from '../steps/repairs.ts';

const TAKEN_OVER = 'repairs under way that another version took over';

const IMPORTED = "import { patched as isNext, sleep as pause } from '@temporalio/workflow';\n";

/** The next version waits a moment before it looks at an answer, and after a deployment: new commands, behind a patch each. */
export const NEXT: readonly Edit[] = [
  { file: 'repair/ask-people.ts', from: 'import ', to: `${IMPORTED}import ` },
  {
    file: 'repair/ask-people.ts',
    from: "await enter(desk, 'awaiting-approval');",
    to: "if (isNext('chaos-asked')) await pause(5);\n  await enter(desk, 'awaiting-approval');",
  },
  { file: 'repair/deliver-fix.ts', from: 'import ', to: `${IMPORTED}import ` },
  {
    file: 'repair/deliver-fix.ts',
    from: "await enter(desk, 'deploying');",
    to: "await enter(desk, 'deploying');\n  if (isNext('chaos-deploying')) await pause(5);",
  },
];

/** As a deployment does it: the old process ends its work, the new one goes on. */
const nextVersion: Step = {
  says: 'the worker ends, and one of the next version starts',
  async act(arena) {
    const { crew, folder } = arena;
    const place = join(folder, 'next');
    await mkdir(place);
    const bundle = await bundleChanged(place, NEXT);
    for (const member of crew.members()) {
      await crew.signal(member, 'SIGTERM');
      await crew.ended(member);
    }
    await crew.start({ WELLSPRING_WORKFLOW_BUNDLE: bundle });
    arena.count(TAKEN_OVER);
  },
};

export const f28: Fault = {
  id: 'F28',
  title: 'another version of the workflows takes a repair over',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script: (random) => [
    ...broken('second'),
    random.chance(0.5) ? untilAsked : untilStage('awaiting-approval'),
    nextVersion,
    approveFix,
    repairEnds('pr-merged-unchanged'),
    moved('deployed'),
  ],
  observe: ({ seen }) => ({ [TAKEN_OVER]: seen.get(TAKEN_OVER) ?? 0 }),
  heals: 'by itself',
};
