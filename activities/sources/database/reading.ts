import type { ReadMessage, SourceEnv } from '../contract.ts';
import type { DatabaseConfig } from './config.ts';
import type { DatabaseCursor } from './cursor.ts';
import { deletionMark } from './deleted.ts';
import type { Row } from './dialect.ts';
import type { RowPage } from './pages.ts';
import type { Plan } from './plan.ts';
import { idOf, renderRow, valuesOf, type Values } from './row.ts';

/** What all steps of one read share. */
export interface Reading {
  readonly config: DatabaseConfig;
  readonly plan: Plan;
  readonly env: SourceEnv;
}

export type Message = ReadMessage<DatabaseCursor>;

/** What one row becomes. */
export type RowMessage = Extract<Message, { kind: 'document' | 'failed' | 'gone' }>;

/** The rows of a page as documents. One bad row is a dead letter and never the end of a run; one that is marked as deleted is gone. */
export function* documentsOf(reading: Reading, page: RowPage): Generator<RowMessage> {
  for (const row of page.rows) yield messageOf(reading, row).message;
}

/** What one row becomes, and its id. */
export function messageOf(
  reading: Reading,
  row: Row,
): { readonly id: string; readonly message: RowMessage } {
  const { config, plan, env } = reading;
  env.signal.throwIfAborted();
  const values = valuesOf(plan.selected, row);
  const id = idOf(plan.key, values);
  const why = deletionMark(config, values);
  if (why !== undefined) return { id, message: { kind: 'gone', id, why } };
  return { id, message: rendered(reading, id, values) };
}

/** The id that a message of a row is about. */
export function idOfMessage(message: RowMessage): string {
  return message.kind === 'document' ? message.document.id : (message.id ?? '');
}

/**
 * The value of the cursor, exact, as the validator of the row: a later key scan sees by it that the row changed, even if its change was
 * committed long after rows with newer times. None without a cursor.
 */
export function versionOf({ plan }: Reading, values: Values): { readonly etag?: string } {
  const cell = plan.cursor && values.get(plan.cursor.name);
  return cell ? { etag: plan.session.words.position(cell) } : {};
}

const MAX_ID_LENGTH = 2048;

function rendered(reading: Reading, id: string, values: Values): RowMessage {
  const { config, env } = reading;
  if (id.length > MAX_ID_LENGTH) {
    return refused(
      `${id.slice(0, 200)}…`,
      `The key has ${id.length} characters; ${MAX_ID_LENGTH} are allowed.`,
    );
  }
  const document = renderRow(config, id, values);
  const bytes = document.body.kind === 'file' ? 0 : Buffer.byteLength(document.body.text);
  const { maxDocumentBytes } = env.settings;
  if (bytes > maxDocumentBytes) {
    return refused(id, `The body has ${bytes} bytes; ${maxDocumentBytes} are allowed.`);
  }
  const version = versionOf(reading, values);
  return {
    kind: 'document',
    document: version.etag === undefined ? document : { ...document, validators: version },
  };
}

/** A row that cannot be taken: a dead letter. */
export function refused(id: string, detail: string): RowMessage {
  return { kind: 'failed', id, failure: 'InvalidDocument', detail };
}
