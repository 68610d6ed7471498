import type { Discovery } from '../../workflows/collection/inspection.ts';
import type { SourceEnv } from './contract.ts';
import { checkDatabase } from './database/check.ts';
import { DatabaseConfig, validateConfig } from './database/config.ts';
import { connect } from './database/connect.ts';
import { DatabaseCursor } from './database/cursor.ts';
import { streamOf } from './database/dialect.ts';
import { wantedOf } from './database/plan.ts';
import { readDatabase } from './database/read.ts';
import { readRowsAgain } from './database/read-again.ts';
import { databaseShape } from './database/source-shape.ts';
import { defineSource } from './define-source.ts';

/** Rows of PostgreSQL, MySQL, MariaDB or SQLite, one document a row. */
export const database = defineSource(
  { config: DatabaseConfig, cursor: DatabaseCursor },
  {
    spec: {
      name: 'database',
      version: '1.1.0',
      summary: 'Rows of a table or query in PostgreSQL, MySQL, MariaDB or SQLite.',
      queue: 'collect',
      trust: 'trusted',
    },
    validate: validateConfig,
    check: checkDatabase,
    discover: discoverDatabase,
    shape: databaseShape,
    read: readDatabase,
    readAgain: readRowsAgain,
  },
);

/** The tables and views of the schema; for a query its own columns. */
async function discoverDatabase(config: DatabaseConfig, env: SourceEnv): Promise<Discovery> {
  await using session = await connect(config.url, env.signal);
  const wanted = wantedOf(config);
  if (wanted.kind === 'table') return { streams: await session.streams(wanted.schema) };
  const { columns } = await session.relation(wanted);
  return { streams: [streamOf('query', columns, config.primaryKey ?? [])] };
}
