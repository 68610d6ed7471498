import { hash } from 'node:crypto';
import type { SourceDocument } from '../contract.ts';
import type { ListingCursor, ShardStart } from './cursor.ts';
import type { Row } from './dialect.ts';
import { pagesOf, positionOf } from './pages.ts';
import { messageOf, refused, type Message, type Reading, type RowMessage } from './reading.ts';
import { csvLine, headerOf, metadataFieldsOf, recordOf, CONTENT_FIELD } from './record.ts';

/**
 * Every row in the order of the key, as records of CSV documents. Whether a shard ends behind a row is decided by the row's key alone: a
 * row that comes, goes or changes rewrites the shard that it stands in, and rows with growing keys only the last one. Each shard ends with
 * a checkpoint, so one shard is in memory, and no more.
 */
export async function* readShards(
  reading: Reading,
  start: ListingCursor | null,
  cursorAt: (after: readonly string[], shard: ShardStart) => ListingCursor,
): AsyncGenerator<Message> {
  const { plan, config } = reading;
  const query = { select: plan.selected, order: plan.key };
  let shard = openShard(reading, start?.shard ?? FIRST);
  let after = start?.after ?? [];
  for await (const page of pagesOf(plan, query, start?.after ?? null, config.pageSize)) {
    for (const row of page.rows) {
      const { id, record, failed } = rowRecord(reading, row);
      if (failed) yield failed;
      if (record && !fits(reading, shard, record)) {
        yield* documentsOfShard(reading, shard);
        shard = openShard(reading, { from: shard.start.from, part: shard.start.part + 1 });
        yield { kind: 'checkpoint', cursor: cursorAt(after, shard.start) };
      }
      if (record) add(shard, record);
      after = positionOf(plan, query, row);
      if (!endsShard(id, config.shardRows)) continue;
      yield* documentsOfShard(reading, shard);
      shard = openShard(reading, { from: id, part: 1 });
      yield { kind: 'checkpoint', cursor: cursorAt(after, shard.start) };
    }
  }
  yield* documentsOfShard(reading, shard);
}

const FIRST: ShardStart = { from: '', part: 1 };

/** Far below the 50 MB of a file that Bedrock takes: a shard is embedded again whenever one of its rows changes. */
const MAX_SHARD_BYTES = 8 * 1024 * 1024;

interface Shard {
  readonly start: ShardStart;
  readonly lines: string[];
  bytes: number;
  /** The newest change of a row in it. */
  modifiedAt?: string;
}

interface Line {
  readonly text: string;
  readonly bytes: number;
  readonly modifiedAt?: string;
}

interface RowRecord {
  readonly id: string;
  readonly record?: Line;
  readonly failed?: RowMessage;
}

/** A row that is marked as deleted is neither. */
function rowRecord(reading: Reading, row: Row): RowRecord {
  const { id, message } = messageOf(reading, row);
  if (message.kind === 'failed') return { id, failed: message };
  if (message.kind === 'gone') return { id };
  const fields = recordOf(message.document, reading.config);
  if (fields === undefined) return { id, failed: refused(id, 'The row has no text.') };
  const text = csvLine(fields);
  const bytes = Buffer.byteLength(text);
  if (bytes > largest(reading)) {
    const limit = `${largest(reading)} bytes are the most that a CSV document may have`;
    return { id, failed: refused(id, `The row has ${bytes} bytes; ${limit}.`) };
  }
  const { modifiedAt } = message.document;
  return { id, record: { text, bytes, ...(modifiedAt === undefined ? {} : { modifiedAt }) } };
}

function largest({ env, config }: Reading): number {
  return Math.min(MAX_SHARD_BYTES, env.settings.maxDocumentBytes) - headerOf(config).length;
}

function openShard({ config }: Reading, start: ShardStart): Shard {
  return { start, lines: [], bytes: headerOf(config).length };
}

function fits(reading: Reading, shard: Shard, { bytes }: Line): boolean {
  return shard.lines.length === 0 || shard.bytes + bytes <= largest(reading);
}

function add(shard: Shard, { text, bytes, modifiedAt }: Line): void {
  shard.lines.push(text);
  shard.bytes += bytes;
  if (modifiedAt === undefined) return;
  const isNewer = Date.parse(modifiedAt) > Date.parse(shard.modifiedAt ?? '0001-01-01');
  if (isNewer) shard.modifiedAt = modifiedAt;
}

/** A shard without rows is no document; if it was one, it is missing from the listing. */
function* documentsOfShard({ config }: Reading, shard: Shard): Generator<Message> {
  if (shard.lines.length === 0) return;
  const { start, modifiedAt } = shard;
  const document: SourceDocument = {
    id: shardId(start),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    body: {
      kind: 'csv',
      text: `${headerOf(config)}${shard.lines.join('')}`,
      contentField: CONTENT_FIELD,
      metadataFields: metadataFieldsOf(config),
    },
  };
  yield { kind: 'document', document };
}

function shardId({ from, part }: ShardStart): string {
  const place = from === '' ? 'rows from the start' : `rows after ${from}`;
  return part === 1 ? place : `${place} (part ${part})`;
}

/** Longer keys begin no shard: a cursor holds one of them. */
const MAX_BOUNDARY_CHARACTERS = 300;

/** True for one row in `rows`, always for the same ones. */
function endsShard(id: string, rows = 1): boolean {
  if (id.length > MAX_BOUNDARY_CHARACTERS) return false;
  const draw = Number.parseInt(hash('sha256', id).slice(0, 8), 16);
  return draw < 2 ** 32 / rows;
}
