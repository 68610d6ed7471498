import type { DiscoveredStream } from '../../../workflows/collection/inspection.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The fields of a stream's JSON Schema, sorted; nothing where it declares none. */
export function discoveredFields(schema: Schema): Pick<DiscoveredStream, 'fields'> {
  const { properties } = schema;
  if (!isSchema(properties)) return {};
  const fields = Object.keys(properties)
    .toSorted()
    .map((name) => ({ name, ...typeOf(properties[name]) }));
  return fields.length === 0 ? {} : { fields };
}

function typeOf(property: unknown): { readonly type: string; readonly nullable?: boolean } {
  const declared: unknown = isSchema(property) ? property['type'] : undefined;
  const types = (Array.isArray(declared) ? declared : [declared]).filter(
    (one) => typeof one === 'string',
  );
  const type = types.filter((one) => one !== 'null').join('|') || 'any';
  return types.includes('null') ? { type, nullable: true } : { type };
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
