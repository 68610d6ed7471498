import { z } from 'zod';
import type { DiscoveredStream } from '../../../../workflows/collection/inspection.ts';
import { failure } from '../../../../workflows/failures.ts';
import type { SourceEnv } from '../../contract.ts';
import type { ScriptConfig } from '../config.ts';
import { discoveredFields } from '../discovered-fields.ts';
import { runToEnd } from '../run-to-end.ts';
import { filesFolder } from '../settings.ts';
import type { StreamConfig } from '../stream-config.ts';
import { unknownStreams } from '../unknown-streams.ts';
import { configured } from './command.ts';

const Metadata = z.looseObject({
  breadcrumb: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
});
const Stream = z.looseObject({
  tap_stream_id: z.string(),
  stream: z.exactOptional(z.string()),
  schema: z.record(z.string(), z.unknown()).default({}),
  key_properties: z.nullish(z.array(z.string())),
  metadata: z.array(Metadata).default([]),
});
const Catalog = z.looseObject({ streams: z.array(Stream) });

export type SingerCatalog = z.infer<typeof Catalog>;
type CatalogStream = SingerCatalog['streams'][number];

/** What the tap answers to `--discover`. @throws ScriptError - it is no catalog; else what the tap's exit means. */
export async function discoverCatalog(
  config: ScriptConfig,
  env: SourceEnv,
): Promise<SingerCatalog> {
  const command = [...(await configured(config, await filesFolder(env))), '--discover'];
  const { lines, error } = await runToEnd(config, command, env);
  if (error !== undefined) throw error;
  const parsed = Catalog.safeParse(jsonIn(lines.join('\n')));
  if (parsed.success) return parsed.data;
  throw failure(
    'ScriptError',
    'The tap answered "--discover" with something that is no catalog. If it has none, set "catalog: none" in the definition.',
  );
}

/** In stable order, for `discover`. */
export function streamsOf({ streams }: SingerCatalog): readonly DiscoveredStream[] {
  return streams
    .map((stream) => ({
      name: nameOf(stream),
      ...keysOf(stream),
      ...discoveredFields(stream.schema),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The catalog with the wanted streams selected, and no other; without wishes as it came. All their fields are selected.
 * @throws InvalidConfig - the tap has no such stream.
 */
export function selected(
  catalog: SingerCatalog,
  wanted: Readonly<Record<string, StreamConfig>>,
): SingerCatalog {
  const names = Object.keys(wanted);
  if (names.length === 0) return catalog;
  const known = catalog.streams.map(nameOf);
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length > 0) throw unknownStreams(missing, known);
  return {
    ...catalog,
    streams: catalog.streams.map((stream) => chosen(stream, wanted[nameOf(stream)])),
  };
}

function nameOf({ stream, tap_stream_id: id }: CatalogStream): string {
  return stream ?? id;
}

function keysOf(stream: CatalogStream): Pick<DiscoveredStream, 'primaryKey'> {
  const declared: unknown = ofStream(stream)?.metadata['table-key-properties'];
  const keys = stream.key_properties ?? declared;
  return Array.isArray(keys) && keys.length > 0 ? { primaryKey: keys.map(String) } : {};
}

function ofStream({ metadata }: CatalogStream) {
  return metadata.find(({ breadcrumb }) => breadcrumb.length === 0);
}

/** Taps look at the metadata, older ones at the stream or at its schema. */
function chosen(stream: CatalogStream, config: StreamConfig | undefined): CatalogStream {
  const isWanted = config !== undefined;
  const own = {
    ...ofStream(stream)?.metadata,
    selected: isWanted,
    ...(config === undefined ? {} : replication(config)),
  };
  const fields = stream.metadata
    .filter(({ breadcrumb }) => breadcrumb.length > 0)
    .map((entry) => ({ ...entry, metadata: fieldMetadata(entry.metadata, isWanted) }));
  return {
    ...stream,
    selected: isWanted,
    ...(config === undefined ? {} : legacyReplication(config)),
    schema: { ...stream.schema, selected: isWanted },
    metadata: [{ breadcrumb: [], metadata: own }, ...fields],
  };
}

function fieldMetadata(metadata: Readonly<Record<string, unknown>>, isWanted: boolean) {
  return metadata['inclusion'] === 'unsupported' ? metadata : { ...metadata, selected: isWanted };
}

function replication({ sync, cursor }: StreamConfig): Record<string, string> {
  const method = methodOf({ sync, cursor });
  return {
    ...(method === undefined ? {} : { 'replication-method': method }),
    ...(cursor === undefined ? {} : { 'replication-key': cursor }),
  };
}

function legacyReplication({ sync, cursor }: StreamConfig): Record<string, string> {
  const method = methodOf({ sync, cursor });
  return {
    ...(method === undefined ? {} : { replication_method: method }),
    ...(cursor === undefined ? {} : { replication_key: cursor }),
  };
}

function methodOf({
  sync,
  cursor,
}: {
  readonly sync: StreamConfig['sync'] | undefined;
  readonly cursor: string | undefined;
}): string | undefined {
  if (sync === 'full') return 'FULL_TABLE';
  return sync === 'incremental' || cursor !== undefined ? 'INCREMENTAL' : undefined;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
