import { z } from 'zod';
import { failure } from '../../../workflows/failures.ts';
import { secret } from '../define-source.ts';
import { attributeName } from './record.ts';

const Column = z.string().min(1).max(128);
const Columns = z.array(Column).min(1);

/** The `config` of a `database` source. Column names are written exactly as the database spells them. */
export const DatabaseConfig = z.strictObject({
  url: secret(z.string().min(1)).describe(
    'Where the database is, as a reference such as "${env:ARTICLES_DATABASE_URL}": postgres://, mysql://, mariadb:// or sqlite:path.',
  ),
  table: z
    .exactOptional(z.string().min(1))
    .describe('The table or view to read, alone or as "schema.table". Either this or "query".'),
  query: z
    .exactOptional(z.string().min(1))
    .describe(
      'A SELECT to read instead of a table. It must give the columns of "primaryKey" and "cursor".',
    ),
  schema: z.exactOptional(Column).describe('The schema of the table. Default: the search path.'),
  primaryKey: z
    .exactOptional(Columns)
    .describe('The columns that identify a row, in order. Default: the primary key of the table.'),
  cursor: z
    .exactOptional(Column)
    .describe(
      'A column that grows with every change of a row. Without it each run reads every row.',
    ),
  title: z.exactOptional(Column).describe('The column of the title.'),
  body: z
    .exactOptional(z.union([z.string().min(1), Columns]))
    .describe(
      'A column, a list of columns, or a template such as "# {{title}}\\n\\n{{summary}}". Default: every column that is not binary.',
    ),
  link: z
    .exactOptional(z.string().min(1))
    .describe('A column that holds a URL, or a template such as "https://kb.example.com/{{id}}".'),
  tags: z
    .exactOptional(Column)
    .describe('A column of tags: an array, a JSON array, or text with commas.'),
  author: z.exactOptional(Column).describe('The column of the author.'),
  modifiedAt: z
    .exactOptional(Column)
    .describe(
      'The time of the last change, UTC where the column has no zone. Default: the cursor column, if it is a time.',
    ),
  metadataColumns: z
    .exactOptional(Columns)
    .describe('The only columns that become attributes of a document.'),
  deleted: z
    .exactOptional(
      z.strictObject({
        column: Column,
        value: z
          .exactOptional(z.union([z.string().min(1), z.number(), z.boolean()]))
          .describe('Default: any value but NULL, false, 0 and an empty text.'),
      }),
    )
    .describe(
      'A column that marks rows as deleted while they are still there, such as "deleted_at". Their documents are removed.',
    ),
  contract: z
    .enum(['evolve', 'freeze', 'discard'])
    .default('evolve')
    .describe(
      'What a new column means where "body" does not list the columns: "evolve" takes it in, "discard" leaves it out. With "freeze" every change of the table is SchemaDrift, in the others only a column that is read and lost or of another type.',
    ),
  shardRows: z
    .exactOptional(z.int().min(2).max(100_000))
    .describe(
      'For large tables: about so many rows go together into one CSV document, of which each row is found by itself. Default: one document a row.',
    ),
  pageSize: z.int().min(1).max(10_000).default(1000).describe('Rows a page.'),
  lag: z
    .string()
    .regex(/^\d{1,6} (second|minute|hour|day)s?$/u)
    .default('5 minutes')
    .describe(
      'How far before the last seen change a run begins again, for transactions that commit late. Time cursors only.',
    ),
  keyScan: z
    .union([z.literal('never'), z.int().min(1).max(1000)])
    .default(1)
    .describe('With a cursor, every n-th run lists all keys, so that deleted rows are noticed.'),
});

export type DatabaseConfig = z.infer<typeof DatabaseConfig>;

/** What the schema cannot say. @throws InvalidConfig */
export function validateConfig(config: DatabaseConfig): void {
  if ((config.table === undefined) === (config.query === undefined)) {
    throw wrong('needs either "table" or "query". Give exactly one of them');
  }
  if (config.query !== undefined && !config.primaryKey) {
    throw wrong(
      'reads a "query", which has no key of its own. Name its key columns in "primaryKey"',
    );
  }
  if (config.query !== undefined && config.schema !== undefined) {
    throw wrong('has a "schema", which means nothing for a "query". Remove one of them');
  }
  if (config.shardRows !== undefined) validateShards(config);
  const key = config.primaryKey ?? [];
  if (new Set(key).size < key.length) {
    throw wrong('names a column twice in "primaryKey". Name each column once');
  }
}

/** A record has as many attributes as Bedrock takes (50), less ours. */
const MAX_SHARD_ATTRIBUTES = 25;

function validateShards({ cursor, metadataColumns = [] }: DatabaseConfig): void {
  if (cursor !== undefined) {
    throw wrong(
      'has "shardRows" and "cursor", but shards are always read as a whole, because one changed row rewrites its shard. Remove one of them',
    );
  }
  const names = new Set(metadataColumns.map(attributeName));
  if (names.size < metadataColumns.length || names.size > MAX_SHARD_ATTRIBUTES) {
    throw wrong(
      `names ${metadataColumns.length} "metadataColumns". With "shardRows", at most ${MAX_SHARD_ATTRIBUTES} are allowed, and no two that differ in case or punctuation only`,
    );
  }
}

const UNIT_MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** `5 minutes` in milliseconds. */
export function lagMs(config: DatabaseConfig): number {
  const [count, unit] = config.lag.split(' ');
  const name = (unit ?? '').replace(/s$/u, '') as keyof typeof UNIT_MS;
  return Number(count) * UNIT_MS[name];
}

/** `{{column}}` in a template. */
export const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/gu;

export function isTemplate(text: string): boolean {
  return text.includes('{{');
}

/** The columns that a config names for output, each once. Undefined: it leaves the body open, so all columns are meant. */
export function namedColumns(config: DatabaseConfig): readonly string[] | undefined {
  if (config.body === undefined) return undefined;
  const { title, tags, author, modifiedAt } = config;
  const plain = [title, tags, author, modifiedAt].filter((one) => one !== undefined);
  return [
    ...new Set([
      ...plain,
      ...columnsIn(config.body),
      ...columnsIn(config.link ?? []),
      ...(config.metadataColumns ?? []),
    ]),
  ];
}

/** The columns of a body or link: of a template its placeholders. */
export function columnsIn(text: string | readonly string[]): readonly string[] {
  if (typeof text !== 'string') return text;
  if (!isTemplate(text)) return [text];
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');
}

function wrong(what: string): Error {
  return failure('InvalidConfig', `A "database" source ${what}.`);
}
