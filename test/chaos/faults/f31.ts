import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Arena } from '../arena.ts';
import { cli, type Said } from '../cli.ts';
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

function definitionsText({ cloud, feed }: Arena, more = 0): string {
  const source = (id: string, schedule = 'every 1 hour'): string => `  - id: ${id}
    type: script
    schedule: ${schedule}
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
${source('feed')}${source('second')}${Array.from({ length: more }, (_, at) => source(`more-${at + 1}`, 'every 7 days')).join('')}`;
}

async function apply(arena: Arena, text: string, ...more: readonly string[]): Promise<Said> {
  const file = join(arena.folder, 'wellspring.yaml');
  await writeFile(file, text);
  return cli(arena, 'apply', '--config', file, ...more);
}

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

const MANY = 10_000;

const applyManyBad: Step = {
  says: `apply ${MANY} more sources, the last of them broken`,
  async act(arena) {
    const before = await inForce(arena);
    const text = definitionsText(arena, MANY);
    const at = text.lastIndexOf('type: script');
    const broken = `${text.slice(0, at)}type: skript${text.slice(at + 'type: script'.length)}`;
    const { code, output } = await apply(arena, broken);
    if (code === 0) throw new Error('It was accepted.');
    if (!/skript/u.test(output) || !output.includes(`more-${MANY}`))
      throw new Error(`The refusal does not name it: ${output.slice(0, 2000)}`);
    if ((await inForce(arena)) !== before) throw new Error('It changed something.');
    arena.count(REFUSED);
  },
};

/** As many as a busy machine makes schedules for in seconds; ten thousand are for the bench. */
const SWAPPED = 300;

const swapThereAndBack: Step = {
  says: `apply ${SWAPPED} more sources, and go back, which has to be forced`,
  async act(arena) {
    const made = await revisions(arena);
    await accepted(arena, SWAPPED);
    const before = await inForce(arena);
    const { code } = await apply(arena, definitionsText(arena));
    if (code === 0) throw new Error('Nearly all sources were removed without a question.');
    if ((await inForce(arena)) !== before) throw new Error('The refusal changed something.');
    await accepted(arena, 0, '--force');
    const count = (await revisions(arena)) - made;
    if (count !== 2) throw new Error(`${count} revisions were made, not 2.`);
  },
};

/** One revision, and a schedule for each of its sources; those of other sources are paused. */
async function accepted(arena: Arena, more: number, ...options: readonly string[]): Promise<void> {
  const { code, output } = await apply(arena, definitionsText(arena, more), ...options);
  if (code !== 0) throw new Error(output);
  await until(async () => (await active(arena)) === more + 2, `${more + 2} active schedules`);
}

async function revisions({ db }: Arena): Promise<number> {
  return (await db.selectFrom('revisions').select('id').execute()).length;
}

async function active({ temporal }: Arena): Promise<number> {
  let count = 0;
  for await (const { scheduleId, state } of temporal.client.schedule.list({ pageSize: 1000 }))
    if (scheduleId.startsWith('source:') && !state.paused) count += 1;
  return count;
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
      applyManyBad,
      swapThereAndBack,
      removeSecond,
    ];
  },
  observe: ({ seen }) => ({ [REFUSED]: seen.get(REFUSED) ?? 0 }),
  heals: 'by itself',
};
