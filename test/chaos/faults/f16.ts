import type { Fault, Step } from '../fault.ts';
import { collect, editAll, firstRound, runsEnd } from '../steps/runs.ts';
import { road, untilDelayed } from '../steps/services.ts';

const CHANGED = 'changes of the table under a run';
const REFUSED = 'runs that met the changed table and said so';
const ODD = 'documents with odd values';

function alter(statement: string, says: string): Step {
  return {
    says,
    async act(arena) {
      await arena.shop.run(statement);
      arena.count(CHANGED);
    },
  };
}

/** Which of them it is depends on where the run was: it must be by name, or not at all. */
const honestOrDone: Step = {
  says: 'wait until the run ends: well, held, or by the name of a failure of the source',
  async act(arena, story) {
    const [end] = await story.ends();
    if (end?.status === 'failed' && !['SchemaDrift', 'InvalidConfig'].includes(end.failure ?? ''))
      throw new Error(`It failed as ${end.failure}.`);
    arena.count(REFUSED, end?.status === 'succeeded' ? 0 : 1);
  },
};

/** All columns become the text: what they hold must be written somehow. */
const collectAllColumns: Step = {
  says: 'the definition takes every column',
  act: ({ redefine }) =>
    redefine((one) => {
      const { body: _, ...config } = one.config;
      return { ...one, config };
    }),
};

const countOdd: Step = {
  says: 'count the stored texts that hold the odd numbers',
  async act(arena) {
    const rows = await arena.db.selectFrom('documents').select('key').execute();
    arena.count(ODD, rows.length);
  },
};

const ODD_COLUMNS = `alter table articles
  add nothing text,
  add not_a_number double precision default 'NaN',
  add never timestamptz default 'infinity',
  add long_ago timestamptz default '-infinity',
  add huge numeric default 1e30,
  add precise numeric default 0.1000000000000000055511151231257827,
  add big bigint default 9007199254740993,
  add raw bytea default '\\x00ff',
  add with_nul json default '{"text": "\\u0000"}',
  add list integer[] default '{1,null,3}'`;

export const f16: Fault = {
  id: 'F16',
  title: 'the schema changes under a run, and values are odd',
  workload: { shop: 60 },
  script: (random) => [
    firstRound,
    editAll,
    road('source-database', { kind: 'latency', ms: 40 }),
    collect(),
    untilDelayed('source-database', random.between(6, 14)),
    random.pick([
      alter('alter table articles rename body to text', 'the column "body" gets another name'),
      alter('alter table articles drop column title', 'the column "title" is dropped'),
    ]),
    honestOrDone,
    collect(),
    honestOrDone,
    road('source-database', { kind: 'pass' }),
    alter(
      `do $$ begin
        if exists (select 1 from information_schema.columns where table_name = 'articles' and column_name = 'text')
        then alter table articles rename text to body; end if; end $$;
       alter table articles add if not exists title text not null default 'Again'`,
      'the table is as it was',
    ),
    alter(ODD_COLUMNS, 'odd columns are added: NaN, infinity, 1e30, bytea, NUL in JSON'),
    collectAllColumns,
    collect(),
    runsEnd(),
    countOdd,
  ],
  observe: ({ seen }) => ({
    [CHANGED]: seen.get(CHANGED) ?? 0,
    [REFUSED]: seen.get(REFUSED) ?? 0,
    [ODD]: seen.get(ODD) ?? 0,
  }),
  heals: 'by the next run',
};
