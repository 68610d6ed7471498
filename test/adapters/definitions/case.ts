import { z } from 'zod';
import { defineSource, secret } from '../../../activities/sources/define-source.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import type { FileAccess } from '../../../adapters/definitions/files.ts';
import {
  loadDefinitions,
  type KnownSourceType,
  type Loaded,
  type LoadedDefinitions,
} from '../../../adapters/definitions/load.ts';
import { failure } from '../../../workflows/failures.ts';

/** A source type with every shape that a config can have: secrets, unions, lists, bounds, a rule of its own. */
const database = defineSource(
  {
    config: z.strictObject({
      url: secret(z.string()).describe('Connection string.'),
      table: z.string().min(1),
      primaryKey: z.array(z.string()).min(1),
      pageSize: z.exactOptional(z.number().int().min(1).max(1000)),
      mode: z.exactOptional(z.enum(['fast', 'thorough'])),
      headers: z.exactOptional(secret(z.record(z.string(), z.string()))),
      extract: z.exactOptional(
        z.record(z.string(), z.union([z.string(), z.strictObject({ css: z.string() })])),
      ),
      cursor: z.exactOptional(z.string()),
    }),
    cursor: z.number(),
  },
  {
    spec: {
      name: 'database',
      version: '1.0.0',
      summary: 'Rows.',
      queue: 'collect',
      trust: 'trusted',
    },
    validate: ({ cursor, primaryKey }) => {
      if (cursor !== undefined && primaryKey.includes(cursor)) {
        throw failure(
          'InvalidConfig',
          `The cursor "${cursor}" is in the primary key. Name another.`,
        );
      }
    },
    check: () => Promise.resolve([]),
    discover: () => Promise.resolve({ streams: [] }),
    read: nothing,
  },
);

const script = defineSource(
  { config: z.strictObject({ command: z.array(z.string()) }), cursor: z.null() },
  {
    spec: {
      name: 'script',
      version: '1.0.0',
      summary: 'Lines.',
      queue: 'collect',
      trust: 'trusted',
    },
    check: () => Promise.resolve([]),
    discover: () => Promise.resolve({ streams: [] }),
    read: nothing,
  },
);

const mcp = defineSource(
  {
    config: z.strictObject({ resources: z.strictObject({ include: z.array(z.string()) }) }),
    cursor: z.null(),
  },
  {
    spec: {
      name: 'mcp',
      version: '1.0.0',
      summary: 'Resources.',
      queue: 'collect',
      trust: 'untrusted',
    },
    check: () => Promise.resolve([]),
    discover: () => Promise.resolve({ streams: [] }),
    read: nothing,
  },
);

async function* nothing(): AsyncGenerator<never> {}

export const testTypes: ReadonlyMap<string, KnownSourceType> = new Map(
  [database, mcp, script].map((type) => [type.spec.name, type]),
);

export const BASE = `knowledgeBases:
  - { id: main, knowledgeBaseId: KB12, dataSourceId: DS1, bucket: documents }
`;

export const DATABASE = 'config: { url: "${env:URL}", table: articles, primaryKey: [id] }';

/** Loads `wellspring.yaml` out of texts; the keys are paths. */
export function load(
  files: string | Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const texts = typeof files === 'string' ? { 'wellspring.yaml': files } : files;
  return loadDefinitions({
    file: 'wellspring.yaml',
    files: inMemory(texts),
    variables: (name) => variables[name],
    sourceTypes: testTypes,
  });
}

function inMemory(texts: Readonly<Record<string, string>>): FileAccess {
  return {
    read: (path) => {
      const text = texts[path];
      return text === undefined ? Promise.reject(new Error('none')) : Promise.resolve(text);
    },
    glob: (pattern, folder) => {
      const from = folder === '.' ? '' : `${folder}/`;
      const start = `${from}${pattern.slice(0, pattern.indexOf('*'))}`;
      const found = Object.keys(texts).filter((path) => path.startsWith(start));
      return Promise.resolve(found.map((path) => path.slice(from.length)));
    },
  };
}

/** The sentences of the errors; empty when the definitions are good. */
export async function errorsOf(...given: Parameters<typeof load>): Promise<readonly string[]> {
  const loaded = await load(...given);
  return 'errors' in loaded ? loaded.errors.map(({ sentence }) => sentence) : [];
}

/** The definitions; a test that gets errors instead fails with them. */
export async function loaded(...given: Parameters<typeof load>): Promise<LoadedDefinitions> {
  const result = await load(...given);
  if ('errors' in result) throw new Error(result.errors.map(({ sentence }) => sentence).join('\n'));
  return result;
}

export async function onlySource(...given: Parameters<typeof load>): Promise<SourceDefinition> {
  const { sources } = await loaded(...given);
  const [source] = sources;
  if (!source || sources.length !== 1) throw new Error(`Got ${sources.length} sources.`);
  return source;
}
