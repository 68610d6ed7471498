import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { textOf, type ChaosSource } from './source.ts';

export interface Shop extends ChaosSource {
  /** Runs a statement as the owner of the table. */
  run(statement: string, values?: readonly unknown[]): Promise<readonly object[]>;
  /** Ends every connection of the product to this database; answers how many there were. */
  terminateReaders(): Promise<number>;
  /** How the product reaches it, with the reader's password. */
  readonly url: string;
  /** Gives the reader another password; answers the new address. */
  rotate(): Promise<string>;
  /** A transaction that stays open until its commit. */
  begin(): Promise<ShopTransaction>;
}

export interface ShopTransaction {
  put(...numbers: readonly number[]): Promise<void>;
  /** What it wrote is part of the truth from here on. */
  commit(): Promise<void>;
}

export interface ShopOptions {
  /** Of an empty database, as somebody who may do everything. */
  readonly ownerUrl: string;
  /** Host and port that the product is given. */
  readonly address: string;
  readonly password: string;
  readonly count: number;
}

/** A database source: one table with a cursor, read by a user whose password is a canary. */
export async function openShop({ ownerUrl, address, password, count }: ShopOptions): Promise<Shop> {
  const database = new URL(ownerUrl).pathname.slice(1);
  const reader = readerOf(database);
  const urlWith = (secret: string): string =>
    `postgres://${reader}:${secret}@${address}/${database}?sslmode=disable`;
  const truth = new Map<number, number>();
  const run: Shop['run'] = async (statement, values = []) => {
    // A connection a statement: servers and connections come and go here.
    const client = new Client({ connectionString: ownerUrl, ssl: false });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<object>(statement, [...values])).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const put: ChaosSource['put'] = async (...numbers) => {
    if (numbers.length === 0) return;
    for (const number of numbers) truth.set(number, (truth.get(number) ?? 0) + 1);
    const values = numbers.map((number) => rowOf(number, truth.get(number) ?? 1)).join(', ');
    await run(`${INSERT} ${values} ${ON_CONFLICT}`);
  };
  await run(`
    create table articles (id integer primary key, title text not null, body text not null, updated_at timestamptz not null);
    drop role if exists ${escapeIdentifier(reader)};
    create role ${escapeIdentifier(reader)} login password ${escapeLiteral(password)};
    grant select on articles to ${escapeIdentifier(reader)}`);
  await put(...Array.from({ length: count }, (_, at) => at + 1));
  return {
    id: 'shop',
    truth,
    async terminateReaders() {
      const ended = await run(TERMINATE, [reader]);
      return ended.length;
    },
    url: urlWith(password),
    async rotate() {
      const next = `${password}next`;
      await run(`alter role ${escapeIdentifier(reader)} password ${escapeLiteral(next)}`);
      return urlWith(next);
    },
    run,
    definition: {
      type: 'database',
      config: {
        url: '${env:SHOP_URL}',
        table: 'articles',
        primaryKey: ['id'],
        cursor: 'updated_at',
        title: 'title',
        body: ['body'],
        pageSize: 10,
        lag: '5 minutes',
        keyScan: 1,
      },
    },
    put,
    begin: () => begin(ownerUrl, truth),
    async remove(...numbers) {
      for (const number of numbers) truth.delete(number);
      await run('delete from articles where id = any($1)', [numbers]);
    },
    // Its database and its user go with the run.
    close: () => Promise.resolve(),
  };
}

async function begin(ownerUrl: string, truth: Map<number, number>): Promise<ShopTransaction> {
  const client = new Client({ connectionString: ownerUrl, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  const written: number[] = [];
  return {
    async put(...numbers) {
      // A version far ahead: whatever else is written to the row waits for this transaction, or came before it.
      const values = numbers.map((number) => rowOf(number, LATE_VERSION)).join(', ');
      await client.query(`${INSERT} ${values} ${ON_CONFLICT}`);
      written.push(...numbers);
    },
    async commit() {
      await client.query('commit');
      await client.end();
      for (const number of written) truth.set(number, LATE_VERSION);
    },
  };
}

const LATE_VERSION = 900;

/** The user that the product reads as; each database has one. */
export function readerOf(database: string): string {
  return `reader_${database}`;
}

const TERMINATE = 'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1';
const INSERT = 'insert into articles (id, title, body, updated_at) values';
const ON_CONFLICT =
  'on conflict (id) do update set body = excluded.body, updated_at = excluded.updated_at';

/** A row as SQL, with the time of the statement. */
function rowOf(number: number, version: number): string {
  const body = escapeLiteral(textOf('shop', number, version));
  return `(${number}, 'Article ${number}', ${body}, clock_timestamp())`;
}
