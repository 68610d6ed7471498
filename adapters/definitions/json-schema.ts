import { z } from 'zod';
import { DefinitionsFile, KnowledgeBaseEntry, SourceEntry } from './envelope.ts';
import type { KnownSourceType } from './load.ts';
import { PAPER_SOURCES_KEY } from './paper-names.ts';
import type { JsonSchema } from './schema-at.ts';
import { RepairEntry } from './repair-entry.ts';
import { WebhookEntry } from './webhook-entry.ts';

/**
 * JSON Schema 2020-12 of a definitions file, for editors: completion, descriptions, errors while typing.
 * `config` is checked by the schema of the source type that stands in `type`.
 */
export function definitionsJsonSchema(
  sourceTypes: ReadonlyMap<string, Pick<KnownSourceType, 'spec'>>,
): JsonSchema {
  const specs = [...sourceTypes.values()].map(({ spec }) => spec);
  const types = specs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const file = part(DefinitionsFile);
  const sources = { type: 'array', items: { $ref: '#/$defs/source' } };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Wellspring definitions',
    ...file,
    properties: {
      ...(file['properties'] as JsonSchema),
      knowledgeBases: { type: 'array', items: { $ref: '#/$defs/knowledgeBase' } },
      notifications: { type: 'array', items: { $ref: '#/$defs/webhook' } },
      repair: { $ref: '#/$defs/repair' },
      sources,
      [PAPER_SOURCES_KEY]: { ...sources, deprecated: true, description: 'Write "sources".' },
    },
    $defs: {
      knowledgeBase: part(KnowledgeBaseEntry),
      webhook: part(WebhookEntry),
      repair: part(RepairEntry),
      source: sourceSchema(types),
      ...Object.fromEntries(types.map((spec) => [configName(spec.name), configDefinition(spec)])),
    },
  };
}

type Spec = KnownSourceType['spec'];

function sourceSchema(types: readonly Spec[]): JsonSchema {
  const schema = part(SourceEntry);
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>>;
  return {
    ...schema,
    properties: {
      ...properties,
      type: { ...properties['type'], enum: types.map(({ name }) => name) },
    },
    allOf: types.map(({ name }) => ({
      if: { properties: { type: { const: name } }, required: ['type'] },
      // oxlint-disable-next-line unicorn/no-thenable -- `then` is a word of JSON Schema.
      then: { properties: { config: { $ref: `#/$defs/${configName(name)}` } } },
    })),
  };
}

function configName(type: string): string {
  return `config-${type}`;
}

/** A reference such as `#/$defs/x` counts from the top, so it must know where the schema lies now. */
function configDefinition({ name, summary, configSchema }: Spec): JsonSchema {
  const { $schema: _, ...schema } = configSchema;
  const moved = withMovedReferences(schema, `#/$defs/${configName(name)}`) as JsonSchema;
  return { description: summary, ...moved };
}

function withMovedReferences(value: unknown, top: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withMovedReferences(item, top));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string'
        ? item.replace(/^#/, top)
        : withMovedReferences(item, top),
    ]),
  );
}

function part(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
