import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, editAll, runsEnd } from '../steps/runs.ts';
import { isRunning } from '../../fakes/processes.ts';
import { whyNot } from '../tools.ts';

const run = promisify(execFile);
const MET = 'runs that met a full disk or had no handles left';
const pids = new WeakMap<Arena, number>();

/** Mounts a small disk where temporary files go, in a name space of the worker's own. */
const SMALL_DISK = 'mount -t tmpfs -o size=200k tmpfs "$TMPDIR" && exec "$@"';

const onSmallDisk: Step = {
  says: 'a worker whose temporary folder holds 200 KB',
  async act(arena) {
    const folder = join(arena.folder, 'small-disk');
    await mkdir(folder);
    const prefix = ['unshare', '-m', 'sh', '-c', SMALL_DISK, 'sh'];
    const { pid } = await arena.crew.start({ TMPDIR: folder }, prefix);
    pids.set(arena, pid);
  },
};

const largeFile: Step = {
  says: 'page 3 of the site is a file of 2 MB',
  act: ({ site }) => Promise.resolve(site.serveFile(3, 2)),
};
const smallPage: Step = {
  says: 'page 3 of the site is a page again',
  act: ({ site }) => site.put(3),
};

const startPlain: Step = {
  says: 'a worker',
  async act(arena) {
    const { pid } = await arena.crew.start();
    pids.set(arena, pid);
  },
};

/** Below what it has open already: nothing more can be opened. */
const noHandles: Step = {
  says: 'the worker may open no file and no connection any more',
  act: (arena) => limitHandles(arena, 20),
};
const handlesAgain: Step = {
  says: 'the worker may open files again',
  act: (arena) => limitHandles(arena, 4096),
};

async function limitHandles(arena: Arena, most: number): Promise<void> {
  await run('prlimit', ['--pid', String(pids.get(arena)), `--nofile=${most}:`]);
}

/** Not all is well, or all was done without what was missing. */
const runsMeetIt: Step = {
  says: 'wait until the runs end, not all well',
  async act(arena, story) {
    const ends = await story.ends();
    arena.count(MET, ends.filter(({ status }) => status !== 'succeeded').length);
  },
};

const livesAndIsClean: Step = {
  says: 'see that the worker lives, and left no temporary file',
  async act(arena) {
    const pid = pids.get(arena) ?? 0;
    if (!isRunning(pid)) throw new Error('It does not live.');
    // Its own view: the small disk is mounted for it alone.
    const folder = `/proc/${pid}/root${join(arena.folder, 'small-disk')}`;
    const left = (await readdir(folder).catch((): string[] => [])).filter((name) =>
      name.startsWith('wellspring-'),
    );
    if (left.length > 0) throw new Error(`It left ${left.join(', ')}.`);
  },
};

export const f33: Fault = {
  id: 'F33',
  title: 'the disk is full, or no handle is left',
  workload: { site: 5, shop: 20, feed: 10 },
  workers: 0,
  missing: async () => (await whyNot('unshare', '-m', 'true')) ?? whyNot('prlimit', '--version'),
  script: (random) =>
    random.pick([
      [onSmallDisk, largeFile, collect(), runsMeetIt, livesAndIsClean, smallPage],
      [
        startPlain,
        collect(),
        runsEnd('succeeded'),
        editAll,
        noHandles,
        collect(),
        { says: 'wait 4 s', act: () => new Promise((resolve) => setTimeout(resolve, 4000)) },
        {
          says: 'count the attempts that failed',
          async act(arena, story) {
            for (const { id } of arena.sources) {
              const { raw } = await story.handleOf(id).describe();
              const failed = (raw.pendingActivities ?? []).filter(({ lastFailure }) => lastFailure);
              arena.count(MET, failed.length);
            }
          },
        },
        handlesAgain,
        runsEnd(),
        livesAndIsClean,
      ],
    ]),
  observe: ({ seen }) => ({ [MET]: seen.get(MET) ?? 0 }),
  heals: 'by the next run',
};
