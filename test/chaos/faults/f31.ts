import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd, until } from '../steps/runs.ts';

const REFUSED = 'configurations that were refused';

/** Text in the good file → what a mistake makes of it, and what the refusal must name. */
const MISTAKES: readonly (readonly [string, string, string, RegExp])[] = [
  ['broken YAML', 'sources:', 'sources: [', /line\s+\d+/u],
  ['a schedule that is none', 'every 1 hour', 'every tuesday', /every tuesday/u],
  ['an unknown type', 'type: script', 'type: skript', /skript/u],
  ['an id that is there twice', 'id: second', 'id: feed', /"feed"/u],
  ['an unknown key', 'category: chaos', 'categry: chaos', /categry/u],
];

function definitionsText({ cloud, feed }: Arena): string {
  const source = (id: string): string => `  - id: ${id}
    type: script
    schedule: every 1 hour
    category: chaos
    config: ${JSON.stringify(feed.definition.config)}
`;
  const { target, bucket } = cloud;
  return `knowledgeBases:
  - id: main
    knowledgeBaseId: ${target.knowledgeBaseId}
    dataSourceId: ${target.dataSourceId}
    bucket: ${bucket}
    prefix: ''
sources:
${source('feed')}${source('second')}`;
}

interface Applied {
  readonly code: number;
  readonly output: string;
}

/** As a person, or a pipeline, does it. */
async function apply(arena: Arena, text: string): Promise<Applied> {
  const file = join(arena.folder, 'wellspring.yaml');
  await writeFile(file, text);
  const { promise, resolve } = Promise.withResolvers<Applied>();
  const args = [CLI, 'apply', '--config', file];
  // Straight to the servers: the roads are the workers'.
  const env = {
    ...process.env,
    ...arena.workerEnv,
    WELLSPRING_DATABASE_URL: arena.databaseUrl,
    TEMPORAL_ADDRESS: `127.0.0.1:${arena.stage.temporalPort}`,
  };
  execFile(process.execPath, args, { env, cwd: arena.folder }, (error, stdout, stderr) => {
    const code = error ? Number(error.code ?? 1) : 0;
    resolve({ code, output: `${stdout}${stderr}` });
  });
  return promise;
}

const CLI = fileURLToPath(new URL('../../../client/cli.ts', import.meta.url));

/** What is in force, and what Temporal has: neither may move by a refusal. */
async function inForce({ db, temporal }: Arena): Promise<string> {
  const { rows } = await sql`select id, sources, in_force from revisions order by id`.execute(db);
  const schedules: string[] = [];
  for await (const { scheduleId, state } of temporal.client.schedule.list())
    schedules.push(`${scheduleId} ${state.paused}`);
  return JSON.stringify({ rows, schedules: schedules.toSorted() });
}

const applyGood: Step = {
  says: 'apply two sources',
  async act(arena) {
    const { code, output } = await apply(arena, definitionsText(arena));
    if (code !== 0) throw new Error(output);
    // Listing comes late.
    await until(async () => (await inForce(arena)).includes('source:second'), 'two schedules');
  },
};

function applyBad([what, from, to, names]: (typeof MISTAKES)[number]): Step {
  return {
    says: `apply ${what}`,
    async act(arena) {
      const before = await inForce(arena);
      const { code, output } = await apply(arena, definitionsText(arena).replace(from, to));
      if (code === 0) throw new Error('It was accepted.');
      if (!names.test(output)) throw new Error(`The refusal does not name it: ${output}`);
      if ((await inForce(arena)) !== before) throw new Error('It changed something.');
      arena.count(REFUSED);
    },
  };
}

const removeSecond: Step = {
  says: 'apply without the second source: its schedule is paused, not deleted',
  async act(arena) {
    const text = definitionsText(arena);
    const { code, output } = await apply(arena, text.slice(0, text.indexOf('  - id: second')));
    if (code !== 0) throw new Error(output);
    const paused = async (): Promise<boolean> =>
      (await arena.temporal.client.schedule.getHandle('source:second').describe()).state.paused;
    await until(paused, 'a paused schedule');
  },
};

export const f31: Fault = {
  id: 'F31',
  title: 'the configuration is replaced by a broken one',
  workload: { feed: 12 },
  workers: 1,
  script: (random) => {
    const chosen = random.some(3, MISTAKES.length).flatMap((at) => MISTAKES.slice(at - 1, at));
    return [
      applyGood,
      ...chosen.map((mistake) => applyBad(mistake)),
      collect(),
      runsEnd('succeeded'),
      removeSecond,
    ];
  },
  observe: ({ seen }) => ({ [REFUSED]: seen.get(REFUSED) ?? 0 }),
  heals: 'by itself',
};
