import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { installQuietRuntime } from '../../set-up/temporal-workers.ts';
import type { Arena } from '../arena.ts';
import { bundleChanged, type Edit } from '../changed-workflows.ts';
import type { Fault, Step } from '../fault.ts';
import {
  approveFix,
  broken,
  moved,
  PAGES,
  repairEnds,
  repairHandle,
  SHORT_PROBATION,
  untilAsked,
} from '../steps/repairs.ts';

const REPLAYED = 'histories of repairs that replay as they are';
const FOUND = 'careless edits that a replay found';

const EDITS: Readonly<Record<string, Edit>> = {
  'an activity has another name': {
    file: 'repair/find-fix.ts',
    from: '.proveFix.',
    to: '.tryFix.',
  },
  'evidence is gathered first': {
    file: 'repair/find-fix.ts',
    from: 'return goTo(known, work.resume);',
    to: "return goTo(known, 'diagnosing');",
  },
  'the gate is not asked': {
    file: 'repair/find-fix.ts',
    from: "if (proof.verdict !== 'bad') return goTo({ ...work, proof }, 'deciding');",
    to: "if (proof.verdict !== 'bad') return goTo({ ...work, proof }, 'awaiting-guidance');",
  },
};

async function replays(arena: Arena, bundle: string): Promise<unknown> {
  installQuietRuntime();
  const history = await repairHandle(arena).fetchHistory();
  const workflowBundle = { code: await readFile(bundle, 'utf8') };
  const histories = [{ workflowId: 'repair:wick', history }];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories))
    return error;
  return undefined;
}

const replayAsIs: Step = {
  says: 'the history so far replays',
  async act(arena) {
    const error = await replays(arena, arena.stage.bundle);
    if (error !== undefined) throw error;
    arena.count(REPLAYED);
  },
};

function replayEdited(name: string): Step {
  return {
    says: `it does not replay where ${name}`,
    async act(arena) {
      const folder = join(arena.folder, 'edited');
      await mkdir(folder);
      const { [name]: edit } = EDITS;
      const bundle = await bundleChanged(folder, edit ? [edit] : []);
      const error = await replays(arena, bundle);
      if (!(error instanceof DeterminismViolationError))
        throw new Error('Nothing noticed it: it would have reached production.');
      arena.count(FOUND);
    },
  };
}

export const f29: Fault = {
  id: 'F29',
  title: 'a careless edit of a workflow slips in',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script: (random) => [
    ...broken('second'),
    untilAsked,
    replayAsIs,
    replayEdited(random.pick(Object.keys(EDITS) as [string])),
    approveFix,
    repairEnds('pr-merged-unchanged'),
    replayAsIs,
    moved('deployed'),
  ],
  observe: ({ seen }) => ({ [REPLAYED]: seen.get(REPLAYED) ?? 0, [FOUND]: seen.get(FOUND) ?? 0 }),
  heals: 'by itself',
};
