import type { ScriptState } from '../config.ts';
import type { Conversation, Reading } from '../dialect.ts';
import { exitDetails } from '../exit.ts';
import { isRemoved, recordDocument, recordId } from '../record.ts';
import { stateFits } from '../state.ts';
import type { ConfiguredStream } from './catalog.ts';
import { airbyteCursor, withState } from './cursor.ts';
import { controlFailure, rateLimited, traceFailure } from './failures.ts';
import { labelOf, streamName } from './label.ts';
import { parseAirbyte, type AirbyteMessage, type MessageOf } from './messages.ts';
import { statusLedger } from './statuses.ts';

export interface ConversationParts {
  readonly command: readonly string[];
  readonly streams: readonly ConfiguredStream[];
  readonly from: ScriptState;
  readonly fullListing: boolean;
  readonly redact: (text: string) => string;
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
}

/** Waits of at most a minute are left to the source itself. */
const SHORT_WAIT_MS = 60_000;

/** What the messages of a source mean. */
export function converse(parts: ConversationParts): Conversation {
  const { command, streams, from, fullListing, redact, now = Date.now } = parts;
  const byLabel = new Map(streams.map((one) => [one.label, one]));
  const statuses = statusLedger();
  let cursor = airbyteCursor(from);
  let hasState = from !== null;
  let hasCheckpoint = false;
  let said: NonNullable<MessageOf<'TRACE'>['trace']['error']> | undefined;
  let control: MessageOf<'CONTROL'>['control'] | undefined;

  function takeState(state: MessageOf<'STATE'>['state']): readonly Reading[] {
    if (!isKept(state)) return [];
    const next = withState(cursor, state);
    if (next === undefined) return [{ kind: 'bad', why: 'is a STATE of no known type' }];
    if (!stateFits(JSON.stringify(next)))
      return [{ kind: 'bad', why: 'brings the state to more than 256 KB' }];
    [cursor, hasState, hasCheckpoint] = [next, true, true];
    return [{ kind: 'checkpoint', cursor: next }];
  }

  /** The state of a stream that is read whole is for its own read: the next one begins from the start. */
  function isKept({ stream }: MessageOf<'STATE'>['state']): boolean {
    if (stream) return byLabel.get(labelOf(stream.stream_descriptor))?.mode === 'incremental';
    return streams.some(({ mode }) => mode === 'incremental');
  }

  function takeTrace({ error, stream_status: status }: MessageOf<'TRACE'>['trace']): void {
    if (error) said ??= error;
    if (!status) return;
    const label = labelOf(status.stream_descriptor);
    statuses.set(label, status.status);
    const reset = status.reasons?.find(({ type }) => type.toUpperCase() === 'RATE_LIMITED');
    const waitMs = (reset?.rate_limited?.quota_reset ?? 0) - now();
    // Without a checkpoint a new start would read everything again and meet the same quota: the source waits by itself.
    if (waitMs > SHORT_WAIT_MS && hasCheckpoint) throw rateLimited(label, waitMs);
  }

  function take(message: AirbyteMessage): readonly Reading[] {
    if (message.type === 'RECORD') return recordReadings(message.record, byLabel);
    if (message.type === 'STATE') return takeState(message.state);
    if (message.type === 'LOG') return [logReading(message.log)];
    if (message.type === 'TRACE') takeTrace(message.trace);
    if (message.type === 'CONTROL') control = message.control;
    return [];
  }

  return {
    command,
    read(text) {
      const parsed = parseAirbyte(text);
      return parsed.kind === 'bad' ? [parsed] : take(parsed.message);
    },
    idOf(text) {
      const parsed = parseAirbyte(text);
      if (parsed.kind === 'bad' || parsed.message.type !== 'RECORD') return undefined;
      const [reading] = recordReadings(parsed.message.record, byLabel);
      return reading?.kind === 'document' ? reading.document.id : undefined;
    },
    ending() {
      const listing = statuses.listing(streams, fullListing);
      return { cursor: hasState ? cursor : null, ...(listing ? { listing } : {}) };
    },
    explained(error) {
      if (error !== undefined && exitDetails(error) === undefined) return undefined;
      if (said) return traceFailure(said, error, redact);
      return error === undefined && control ? controlFailure(control) : undefined;
    },
  };
}

function recordReadings(
  record: MessageOf<'RECORD'>['record'],
  streams: ReadonlyMap<string, ConfiguredStream>,
): readonly Reading[] {
  const { stream: name, namespace, data, meta } = record;
  const label = labelOf({ name, namespace });
  const shown = label.slice(0, 100);
  const stream = streams.get(label);
  if (stream === undefined)
    return [{ kind: 'bad', why: `is a record of the stream "${shown}", which was not asked for` }];
  const id = recordId(streamName({ name, namespace }), stream.keys, data);
  if (id.kind === 'missing')
    return [
      { kind: 'bad', why: `is a record of the stream "${shown}" without its key "${id.field}"` },
    ];
  if (id.kind === 'too-long')
    return [
      {
        kind: 'bad',
        why: `is a record of the stream "${shown}" with a key beyond 2,048 characters`,
      },
    ];
  if (isRemoved(data, stream.config))
    return [{ kind: 'gone', id: id.id, why: 'the record says that it was removed' }];
  const document = recordDocument(id.id, label, data, stream.config);
  const changes = meta?.changes?.length ?? 0;
  return changes === 0
    ? [{ kind: 'document', document }]
    : [{ kind: 'document', document }, changed(shown, changes)];
}

function changed(stream: string, count: number): Reading {
  const text = `The source nulled or cut ${count} fields of a record of the stream "${stream}".`;
  return { kind: 'log', level: 'warn', text };
}

function logReading({ level, message }: MessageOf<'LOG'>['log']): Reading {
  return { kind: 'log', level: LOG_LEVELS.get(level.toUpperCase()) ?? 'info', text: message };
}

const LOG_LEVELS: ReadonlyMap<string, 'debug' | 'warn'> = new Map([
  ['FATAL', 'warn'],
  ['ERROR', 'warn'],
  ['WARN', 'warn'],
  ['DEBUG', 'debug'],
  ['TRACE', 'debug'],
]);
