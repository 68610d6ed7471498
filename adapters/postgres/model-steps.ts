import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** One step of an agent: what a model answered, or what its tool read of a page. */
export interface ModelStep {
  /** sha256 of everything that went into it, hex. */
  readonly key: string;
  readonly kind: 'answer' | 'page';
  /** The question that it was for, and its number there. */
  readonly question: string;
  readonly step: number;
  /** JSON. */
  readonly result: string;
  /** Absent for a page. */
  readonly model?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** By the prices of the definition, in their currency. */
  readonly money?: number;
}

/** What was used up. */
export interface Spending {
  /** Into and out of models. */
  readonly tokens: number;
  readonly money: number;
  /** Pages that were asked for. */
  readonly pages: number;
}

/** The steps of one run of one source. */
export interface ModelStepStore {
  /** The result of the step with this key in this run; undefined when there is none. */
  find(key: string): Promise<string | undefined>;
  /** Durable when it returns. A step that two attempts have paid counts twice, as it was paid. */
  keep(step: ModelStep): Promise<void>;
  /** Of this run, and of all runs of the source since a time. */
  spent(since: Date): Promise<{ readonly run: Spending; readonly since: Spending }>;
}

export interface RunReference extends SourceReference {
  readonly run: string;
}

export function modelSteps(db: Database, { tenant, source, run }: RunReference): ModelStepStore {
  return {
    async find(key) {
      const row = await db
        .selectFrom('model_steps')
        .select('result')
        .where('tenant', '=', tenant)
        .where('source', '=', source)
        .where('run', '=', run)
        .where('key', '=', key)
        .executeTakeFirst();
      return row?.result ?? undefined;
    },
    async keep({ key, kind, question, step, result, ...paid }) {
      const { model = null, inputTokens = 0, outputTokens = 0, money = 0 } = paid;
      await sql`
        insert into model_steps as s (tenant, source, run, key, kind, question, step, model, result, input_tokens, output_tokens, money)
        values (${tenant}, ${source}, ${run}, ${key}, ${kind}, ${question}, ${step}, ${model}, ${result}, ${inputTokens},
          ${outputTokens}, ${money})
        on conflict (tenant, source, run, key) do update set result = coalesce(s.result, excluded.result),
          input_tokens = s.input_tokens + excluded.input_tokens, output_tokens = s.output_tokens + excluded.output_tokens,
          money = s.money + excluded.money`.execute(db);
    },
    async spent(since) {
      const [ofRun, sinceThen] = await Promise.all([
        spending(db, sql`tenant = ${tenant} and source = ${source} and run = ${run}`),
        spending(db, sql`tenant = ${tenant} and source = ${source} and at >= ${since}`),
      ]);
      return { run: ofRun, since: sinceThen };
    },
  };
}

/**
 * Removes results that no retry can ask for any more, and later the rows themselves: the ledger of a month needs them for so long.
 */
export async function forgetOldModelSteps(db: Database): Promise<void> {
  await sql`update model_steps set result = null where result is not null and at < now() - interval '14 days'`.execute(
    db,
  );
  await sql`delete from model_steps where at < now() - interval '62 days'`.execute(db);
}

async function spending(db: Database, where: ReturnType<typeof sql>): Promise<Spending> {
  const { rows } = await sql<Spending>`
    select coalesce(sum(input_tokens + output_tokens), 0)::float8 as tokens, coalesce(sum(money), 0)::float8 as money,
      count(*) filter (where kind = 'page')::float8 as pages
    from model_steps where ${where}`.execute(db);
  return rows[0] ?? { tokens: 0, money: 0, pages: 0 };
}
