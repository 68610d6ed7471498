import { readFile } from 'node:fs/promises';
import { findChromium } from '../../../local/tools/chromium.ts';
import { descendants } from '../../fakes/processes.ts';
import { toolSearch } from '../../set-up/tools.ts';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd, until } from '../steps/runs.ts';

const KILLED = 'browsers killed while pages were rendered';

/** Chromium's first process, below a worker of ours. */
async function browserPids({ crew }: Arena): Promise<readonly number[]> {
  const below = crew.members().flatMap(({ pid }) => descendants(pid));
  const commands = await Promise.all(
    below.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid, command };
    }),
  );
  return commands
    .filter(({ command }) => /chrom/iu.test(command) && !command.includes('--type='))
    .map(({ pid }) => pid);
}

const useBrowser: Step = {
  says: 'the site is collected by a browser',
  act: ({ redefine }) =>
    redefine((one) =>
      one.id === 'site'
        ? { ...one, type: 'browser', config: { ...one.config, timeoutMs: 5000 } }
        : one,
    ),
};

const slowPages: Step = {
  says: 'a page of the site never ends its script',
  act: ({ site }) =>
    Promise.resolve(
      site.addPages({
        '/docs/endless': '<!doctype html><title>Endless</title><script>for (;;) {}</script>',
      }),
    ),
};

function killBrowser(pages: number): Step {
  return {
    says: `kill the browser after ${pages} pages`,
    async act(arena) {
      const asked = (): number =>
        arena.site.requests.filter((request) => request.includes('/docs/')).length;
      await until(async () => asked() >= pages && (await browserPids(arena)).length > 0, 'a page');
      for (const pid of await browserPids(arena)) {
        process.kill(pid, 'SIGKILL');
        arena.count(KILLED);
      }
    },
  };
}

export const f17: Fault = {
  id: 'F17',
  title: 'the browser dies, and a page never ends',
  workload: { site: 8 },
  missing: async () => {
    try {
      await findChromium({ ...toolSearch(false) });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  },
  script: (random) => [
    useBrowser,
    ...(random.chance(0.5) ? [slowPages] : []),
    collect(),
    killBrowser(random.between(2, 6)),
    runsEnd(),
  ],
  observe: ({ seen }) => ({ [KILLED]: seen.get(KILLED) ?? 0 }),
  heals: 'by the next run',
};
