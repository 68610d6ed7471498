import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import { FAILURES } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import type { DatabaseConfig } from './config.ts';
import { connect } from './connect.ts';
import type { Session } from './dialect.ts';
import { typeOfFailure } from './errors.ts';
import { pageStatement } from './keyset.ts';
import { pagesOf } from './pages.ts';
import { planOf, type Plan } from './plan.ts';
import { idOf, renderRow, valuesOf } from './row.ts';

/** Verdicts in the order of what is needed first; the first that is no PASS ends the list, because nothing after it can be known. */
export async function checkDatabase(
  config: DatabaseConfig,
  env: SourceEnv,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const attempt = async <T>(capability: string, work: () => Promise<[T, string]>): Promise<T> => {
    try {
      const [value, detail] = await work();
      results.push({ capability, verdict: 'PASS', detail });
      return value;
    } catch (error) {
      results.push(refusal(capability, error));
      throw error;
    }
  };
  try {
    await steps(config, env, attempt);
  } catch (error) {
    if (env.signal.aborted || typeOfFailure(error) === undefined) throw error;
  }
  return results;
}

type Attempt = <T>(capability: string, work: () => Promise<[T, string]>) => Promise<T>;

async function steps(config: DatabaseConfig, env: SourceEnv, attempt: Attempt): Promise<void> {
  await using session = await attempt<Session>('connect', async () => [
    await connect(config.url, env.signal),
    'The database accepts the user and its secret.',
  ]);
  const plan = await attempt<Plan>('list', async () => {
    const found = await planOf(session, config);
    return [
      found,
      `${capital(found.name)} has ${found.relation.columns.length} columns that can be read.`,
    ];
  });
  await attempt('identity unique', async () => [undefined, await uniqueKey(plan)]);
  if (plan.cursor) await attempt('cursor', async () => [undefined, nullability(plan)]);
  await attempt('page order', async () => [undefined, await pageOrder(plan, config)]);
  await attempt('size', async () => [undefined, await size(plan, config)]);
  await attempt('read one', async () => [undefined, await readOne(config, plan)]);
}

function refusal(capability: string, error: unknown): CheckResult {
  const name = typeOfFailure(error) ?? 'Defect';
  const transient = FAILURES[name].retried;
  return {
    capability,
    verdict: transient ? 'INDETERMINATE' : 'FAIL',
    detail: error instanceof Error ? error.message : 'The step broke off.',
    remedy: FAILURES[name].remedy,
  };
}

const SAMPLE_ROWS = 1000;

/** The same look at neighbours that a read takes, over the first rows. */
async function uniqueKey(plan: Plan): Promise<string> {
  const query = { select: plan.key, order: plan.key };
  const first = await pagesOf(plan, query, null, SAMPLE_ROWS).next();
  const rows = first.done ? 0 : first.value.rows.length;
  const names = plan.key.map((column) => `"${column.name}"`).join(', ');
  return `The key ${names} is unique in the first ${rows} rows.`;
}

function nullability(plan: Plan): string {
  const { cursor } = plan;
  return cursor?.nullable
    ? `Column "${cursor.name}" may be NULL; rows without a value are read in every run.`
    : `Column "${cursor?.name}" has a value in every row.`;
}

/** No index is no failure, but each page then costs a sort of everything that is left. */
async function pageOrder(plan: Plan, { pageSize }: DatabaseConfig): Promise<string> {
  const { words } = plan.session;
  const order = [...new Set([...(plan.cursor ? [plan.cursor] : []), ...plan.key])];
  const page = { from: plan.relation.from, select: plan.selected, order, after: null };
  const { text, values } = pageStatement(words, { ...page, limit: pageSize });
  const rows = await plan.session.rows({ text: words.explain(text), values }, []);
  const columns = order.map((column) => `"${column.name}"`).join(', ');
  return rows.some((row) => row.some((cell) => words.sorts.test(cell?.text ?? '')))
    ? `The database sorts ${plan.name} for each page. Unless it is small, make an index on ${columns}.`
    : `Pages in the order of ${columns} come from an index.`;
}

/** Two objects a row are fine up to here; beyond, the listing of the bucket and the ingestion job take most of the time. */
const MANY_ROWS = 20_000;

/** Advice and no failure: how rows are stored changes for a reason that a person has seen, never by itself on the day a table grows. */
async function size(plan: Plan, { shardRows }: DatabaseConfig): Promise<string> {
  const text = `SELECT count(*) FROM (SELECT 1 AS one FROM ${plan.relation.from} LIMIT ${MANY_ROWS + 1}) AS rows_found`;
  const [row] = await plan.session.rows({ text, values: [] }, []);
  const rows = Number(row?.[0]?.text ?? 0);
  const name = capital(plan.name);
  if (shardRows !== undefined)
    return `${name} is stored as CSV documents of about ${shardRows} rows.`;
  if (rows <= MANY_ROWS) return `${name} has ${rows} rows, each of which becomes a document.`;
  return `${name} has more than ${MANY_ROWS} rows, each of which becomes a document. With "shardRows: 500" they go together into CSV documents, and each row is still found by itself.`;
}

async function readOne(config: DatabaseConfig, plan: Plan): Promise<string> {
  const query = { select: plan.selected, order: plan.key };
  const first = await pagesOf(plan, query, null, 1).next();
  const row = first.done ? undefined : first.value.rows[0];
  if (!row) return `${capital(plan.name)} is empty.`;
  const values = valuesOf(plan.selected, row);
  const { body } = renderRow(config, idOf(plan.key, values), values);
  const length = body.kind === 'file' ? 0 : body.text.length;
  return `The first row gives a text of ${length} characters.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
