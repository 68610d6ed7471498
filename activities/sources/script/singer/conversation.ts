import type { ScriptConfig, ScriptState } from '../config.ts';
import type { Conversation, Ending, Reading } from '../dialect.ts';
import { jsonText } from '../exact-json.ts';
import { isRemoved, recordDocument, recordId } from '../record.ts';
import { stateFits } from '../state.ts';
import { singerCursor } from './cursor.ts';
import { parseSinger, type SingerMessage } from './messages.ts';
import { versionLedger } from './versions.ts';

type RecordMessage = Extract<SingerMessage, { type: 'RECORD' }>;

/** What the messages of a tap mean. Records are not validated against their schema: a target keeps what it is given. */
export function converse(
  config: ScriptConfig,
  from: ScriptState,
  command: readonly string[],
): Conversation {
  const keys = new Map<string, readonly string[]>();
  const before = singerCursor(from);
  const versions = versionLedger(before.versions);
  let { state } = before;

  const cursor = (): ScriptState =>
    state === undefined || config.fullListing ? null : { state, versions: versions.all() };

  function takeSchema(message: Extract<SingerMessage, { type: 'SCHEMA' }>): readonly Reading[] {
    keys.set(message.stream, message.key_properties ?? []);
    if (message.schema['properties'] !== undefined) return [];
    const text = `The schema of the stream "${message.stream}" declares no properties.`;
    return [{ kind: 'log', level: 'warn', text }];
  }

  function takeState(value: unknown): readonly Reading[] {
    const text = jsonText(value);
    if (!stateFits(text)) return [{ kind: 'bad', why: 'is a state of more than 256 KB' }];
    state = text;
    return config.fullListing ? [] : [{ kind: 'checkpoint', cursor: cursor() }];
  }

  function takeRecord(message: RecordMessage): readonly Reading[] {
    if (!isSelected(message.stream, config)) return [];
    versions.record(message.stream, message.version ?? undefined);
    return [recordReading(message, keys.get(message.stream), config)];
  }

  function take(message: SingerMessage): readonly Reading[] {
    if (message.type === 'RECORD') return takeRecord(message);
    if (message.type === 'SCHEMA') return takeSchema(message);
    if (message.type === 'STATE') return takeState(message.value);
    versions.activated(message.stream, message.version);
    return [];
  }

  return {
    command,
    read(text) {
      const parsed = parseSinger(text);
      return parsed.kind === 'bad' ? [parsed] : take(parsed.message);
    },
    idOf(text) {
      const parsed = parseSinger(text);
      if (parsed.kind === 'bad' || parsed.message.type !== 'RECORD') return undefined;
      const reading = recordReading(parsed.message, keys.get(parsed.message.stream), config);
      return reading.kind === 'document' ? reading.document.id : undefined;
    },
    ending: () => ({ cursor: cursor(), ...listing(config, versions.complete(config)) }),
  };
}

/** A listing is claimed only where the definition or the tap says that everything was emitted; else nothing is said about it. */
function listing({ fullListing }: ScriptConfig, activated: boolean): Pick<Ending, 'listing'> {
  return fullListing || activated ? { listing: { complete: true } } : {};
}

function isSelected(stream: string, { streams }: ScriptConfig): boolean {
  return streams === undefined || Object.hasOwn(streams, stream);
}

function recordReading(
  { stream, record }: RecordMessage,
  declaredKeys: readonly string[] | undefined,
  { streams }: ScriptConfig,
): Reading {
  const name = stream.slice(0, 100);
  if (declaredKeys === undefined)
    return { kind: 'bad', why: `is a record of the stream "${name}" before its schema` };
  const config = streams?.[stream] ?? {};
  const id = recordId(stream, config.key ?? declaredKeys, record);
  if (id.kind === 'missing')
    return {
      kind: 'bad',
      why: `is a record of the stream "${name}" without its key "${id.field}"`,
    };
  if (id.kind === 'too-long')
    return {
      kind: 'bad',
      why: `is a record of the stream "${name}" with a key beyond 2,048 characters`,
    };
  if (isRemoved(record, config))
    return { kind: 'gone', id: id.id, why: 'the record says that it was removed' };
  return { kind: 'document', document: recordDocument(id.id, stream, record, config) };
}
