import { sql, type Kysely } from 'kysely';

/** What agents have asked models and read of pages: a retry pays nothing again, and the rows of a month are what it has cost. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table model_steps (
    tenant text not null,
    source text not null,
    run text not null,
    -- sha256 of everything that goes into the step, hex.
    key text not null,
    -- What came out: 'answer' of a model, or 'page' that its tool has read.
    kind text not null,
    question text not null,
    step integer not null,
    model text,
    -- JSON; null once nobody can need it any more.
    result text,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    -- By the prices of the definition at that time, in their currency.
    money double precision not null default 0,
    at timestamptz not null default clock_timestamp(),
    primary key (tenant, source, run, key)
  )`,
  `create index model_steps_of_source on model_steps (tenant, source, at)`,
  `create index model_steps_at on model_steps (at)`,
];
