import type { AgainMessage, SourceEnv } from '../contract.ts';
import type { DatabaseConfig } from './config.ts';
import { connect } from './connect.ts';
import type { Row } from './dialect.ts';
import { rowStatement } from './keyset.ts';
import { planOf } from './plan.ts';
import { messageOf, type Reading } from './reading.ts';

/**
 * Reads single rows by their keys, whatever the cursor column says. A row that is there no more is gone. Shards are documents of many rows:
 * they are met by the next whole read alone. Throws as `readDatabase` does.
 */
export async function* readRowsAgain(
  config: DatabaseConfig,
  ids: readonly string[],
  env: SourceEnv,
): AsyncIterable<AgainMessage> {
  if (config.shardRows !== undefined) return;
  await using session = await connect(config.url, env.signal);
  const plan = await planOf(session, config);
  const reading = { config, plan, env };
  for (const id of ids) {
    env.signal.throwIfAborted();
    const message = await readRow(reading, id);
    if (message) yield message;
  }
}

async function readRow(reading: Reading, id: string): Promise<AgainMessage | undefined> {
  const key = keyOf(id, reading.plan.key.length);
  if (!key) return undefined;
  const found = (await rowsAt(reading, key)).map((row) => messageOf(reading, row));
  // The database may take other texts for equal.
  const same = found.find((one) => one.id === id);
  return same?.message ?? { kind: 'gone', id, why: 'There is no row with this key any more.' };
}

function rowsAt({ plan, config }: Reading, key: readonly string[]): Promise<readonly Row[]> {
  const { session, relation, selected } = plan;
  const position = plan.key.map(({ kind }, at) =>
    session.words.position({ kind, text: key[at] ?? '' }),
  );
  const { pageSize: limit } = config;
  const wanted = { from: relation.from, select: selected, order: plan.key, limit };
  const statement = rowStatement(session.words, wanted, position);
  return session.rows(statement, selected);
}

/** The values of an id as `idOf` writes it; undefined for one that names no row of this key. */
function keyOf(id: string, columns: number): readonly string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(id);
    const isKey =
      Array.isArray(parsed) &&
      parsed.length === columns &&
      parsed.every((value) => typeof value === 'string');
    return isKey ? parsed : undefined;
  } catch {
    return undefined;
  }
}
