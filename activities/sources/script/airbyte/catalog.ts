import type { DiscoveredStream } from '../../../../workflows/collection/inspection.ts';
import { failure } from '../../../../workflows/failures.ts';
import type { SourceEnv } from '../../contract.ts';
import type { ScriptConfig } from '../config.ts';
import { discoveredFields } from '../discovered-fields.ts';
import { unknownStreams } from '../unknown-streams.ts';
import type { StreamConfig } from '../stream-config.ts';
import { ask } from './ask.ts';
import { labelOf } from './label.ts';
import type { AirbyteStream } from './messages.ts';

/** A stream as it will be read. */
export interface ConfiguredStream {
  readonly stream: AirbyteStream;
  readonly label: string;
  readonly mode: 'incremental' | 'full_refresh';
  /** The fields of its key; empty where it has none. */
  readonly keys: readonly string[];
  readonly config: StreamConfig;
}

/** What the source answers to `discover`. @throws ScriptError - it gives no catalog; else what it says of its failure. */
export async function discoverStreams(
  config: ScriptConfig,
  env: SourceEnv,
): Promise<readonly AirbyteStream[]> {
  const [message] = await ask(config, 'discover', 'CATALOG', env);
  return message?.catalog.streams ?? [];
}

/** In stable order, for `discover`. */
export function discoveredStreams(streams: readonly AirbyteStream[]): readonly DiscoveredStream[] {
  return streams
    .map((stream) => ({
      name: labelOf(stream),
      ...list('primaryKey', keysOf(stream)),
      ...list('cursorCandidates', stream.default_cursor_field ?? []),
      ...discoveredFields(stream.json_schema),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The streams that the definition wants, all without wishes, each with how it is read.
 * @throws InvalidConfig - there is no such stream, or it cannot be read in the mode that the definition asks for.
 */
export function configure(
  streams: readonly AirbyteStream[],
  config: ScriptConfig,
): readonly ConfiguredStream[] {
  const labels = streams.map(labelOf);
  const wanted = config.streams === undefined ? labels : Object.keys(config.streams);
  const missing = wanted.filter((name) => !labels.includes(name));
  if (missing.length > 0 || labels.length === 0) throw unknownStreams(missing, labels);
  return streams
    .filter((stream) => wanted.includes(labelOf(stream)))
    .map((stream) => configuredStream(stream, config));
}

/** What the source reads as `--catalog` (protocol, "ConfiguredAirbyteCatalog"). */
export function configuredCatalog(streams: readonly ConfiguredStream[]): unknown {
  return {
    streams: streams.map(({ stream, mode, keys, config }) => ({
      stream,
      sync_mode: mode,
      destination_sync_mode: 'append',
      cursor_field:
        config.cursor === undefined ? (stream.default_cursor_field ?? []) : [config.cursor],
      primary_key:
        config.key === undefined
          ? (stream.source_defined_primary_key ?? [])
          : keys.map((key) => [key]),
    })),
  };
}

function configuredStream(stream: AirbyteStream, config: ScriptConfig): ConfiguredStream {
  const label = labelOf(stream);
  const own = config.streams?.[label] ?? {};
  return {
    stream,
    label,
    mode: modeOf(stream, own, config),
    keys: own.key ?? keysOf(stream),
    config: own,
  };
}

/** Increments need a cursor: the source's own, its default one, or one that the definition names. */
function modeOf(
  stream: AirbyteStream,
  { sync, cursor }: StreamConfig,
  { fullListing }: ScriptConfig,
): ConfiguredStream['mode'] {
  const supports = stream.supported_sync_modes?.includes('incremental') ?? false;
  const hasCursor =
    stream.source_defined_cursor === true ||
    cursor !== undefined ||
    (stream.default_cursor_field ?? []).length > 0;
  if (sync === 'incremental' && !(supports && hasCursor)) throw notIncremental(stream, supports);
  if (sync === 'full' || fullListing) return 'full_refresh';
  return supports && hasCursor ? 'incremental' : 'full_refresh';
}

function notIncremental(stream: AirbyteStream, supports: boolean): Error {
  const why = supports ? 'needs a "cursor" for that' : 'gives everything in each run only';
  return failure(
    'InvalidConfig',
    `The stream "${labelOf(stream)}" is to be read with "sync: incremental", but it ${why}.`,
  );
}

function keysOf({ source_defined_primary_key: key }: AirbyteStream): readonly string[] {
  return (key ?? []).map((path) => path.join('.'));
}

function list<Name extends string>(
  name: Name,
  values: readonly string[],
): { [K in Name]?: readonly string[] } {
  return values.length === 0 ? {} : ({ [name]: values } as { [K in Name]: readonly string[] });
}
