import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { relayout } from '../steps/repairs.ts';
import { until } from '../steps/runs.ts';

const BROKEN = 'sources that broke by one cause';
const HELD = 'repairs that wait for a person';
/** Breaks that came before there were enough for a storm. */
const BEFORE = 5;

/** Sources of one host, of a page each. They were never read well, so that nothing of them is stored. */
function manySources(count: number): Step {
  return {
    says: `${count} sources of the same shop are put in force`,
    async act({ db, definitions, wick }) {
      const [model] = definitions;
      if (!model) return;
      const many = Array.from({ length: count }, (_, at) => {
        const { sku = '' } = wick.shop.products[at % wick.shop.products.length] ?? {};
        const { sitemap: _none, ...config } = model.config;
        const urls = [`${wick.shop.origin}/products/${sku}`];
        return { ...model, id: nameOf(at), config: { ...config, urls } };
      });
      await storeRevision(db, { definitions: [...definitions, ...many], author: 'chaos' });
    },
  };
}

function nameOf(at: number): string {
  return `stall-${at}`;
}

function allBreak(count: number): Step {
  return {
    says: 'all of them are read, and break',
    async act({ temporal }) {
      const runs = await Promise.all(
        Array.from({ length: count }, (_, at) =>
          temporal.client.workflow.start('collectSource', {
            workflowId: `collect:${nameOf(at)}`,
            taskQueue: 'orchestration',
            args: [{ v: 1, source: nameOf(at), trigger: 'manual' }],
          }),
        ),
      );
      await Promise.allSettled(runs.map((run) => run.result()));
    },
  };
}

async function countOf(arena: Arena): Promise<{ incidents: number; storms: number; held: number }> {
  const { db } = arena;
  const all = await db.selectFrom('incidents').select(['stage', 'storm', 'state']).execute();
  const storms = await db.selectFrom('systemic_incidents').select('id').execute();
  const held = all.filter(({ stage, storm }) => stage === 'parked' && storm !== null).length;
  return { incidents: all.length, storms: storms.length, held };
}

function oneCause(count: number): Step {
  return {
    says: 'see one systemic incident, and repairs that wait',
    async act(arena) {
      await until(async () => (await countOf(arena)).held >= count - BEFORE, 'repairs that wait');
      const { incidents, storms, held } = await countOf(arena);
      if (incidents !== count || storms !== 1)
        throw new Error(`${incidents} incidents and ${storms} systemic ones for ${count} breaks.`);
      arena.count(BROKEN, incidents);
      arena.count(HELD, held);
    },
  };
}

/** Who is told: of the few that came first, of the storm, and of nothing else. */
const toldOnce: Step = {
  says: 'see that people were told of one cause',
  async act({ db }) {
    const told = await db
      .selectFrom('notices')
      .select(['subject', 'source'])
      .where('kind', '=', 'incident-opened')
      .execute();
    const storms = told.filter(({ source }) => source === null);
    if (storms.length !== 1 || told.length > 1 + BEFORE)
      throw new Error(`${told.length} notices were noted, ${storms.length} of a storm.`);
  },
};

export const f40: Fault = {
  id: 'F40',
  title: 'many sources break by one cause',
  workload: { wick: 12 },
  script(random) {
    const count = random.between(20, 28);
    return [
      manySources(count),
      relayout('second'),
      allBreak(count),
      oneCause(count),
      toldOnce,
      relayout('first'),
    ];
  },
  observe: ({ seen }) => ({ [BROKEN]: seen.get(BROKEN) ?? 0, [HELD]: seen.get(HELD) ?? 0 }),
  heals: 'by the next run',
};
