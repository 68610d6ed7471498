import { z } from 'zod';
import { DocumentStructure } from './records-of-csv.ts';

/** The metadata file of a document: same folder, the document's whole file name and this. */
export const SIDECAR_SUFFIX = '.metadata.json';

/** Bedrock user guide, metadata of a data source. */
const MAX_SIDECAR_BYTES = 10_240;
const MAX_ATTRIBUTES = 50;
const MAX_KEY_CHARACTERS = 100;
const MAX_STRING_CHARACTERS = 2048;
const MAX_LIST_STRINGS = 10;

/** S3 Vectors: custom metadata of one vector. */
const S3_VECTORS_MAX_BYTES = 1024;
const S3_VECTORS_MAX_KEYS = 35;

export type AttributeValue = string | number | boolean | readonly string[];

/** What a sidecar says, or every reason why Bedrock refuses it. */
export type SidecarReading = ReadSidecar | { readonly refused: readonly string[] };

export interface ReadSidecar {
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** "key: value" of the attributes with `includeForEmbedding`: searched, but no part of the passage. */
  readonly embedded: readonly string[];
  /** How the records of a CSV file are read. */
  readonly structure?: DocumentStructure;
}

export function readSidecar(content: Buffer): SidecarReading {
  if (content.byteLength > MAX_SIDECAR_BYTES) {
    return {
      refused: [`The metadata file has ${content.byteLength} bytes; at most 10240 are allowed.`],
    };
  }
  const shape = Sidecar.safeParse(parseJson(content));
  if (!shape.success) return { refused: [refusalOfShape(shape.error)] };
  const { metadataAttributes, documentStructureConfiguration: structure } = shape.data;
  const reading = readAttributes(Object.entries(metadataAttributes));
  return 'refused' in reading || !structure ? reading : { ...reading, structure };
}

function refusalOfShape({ issues }: z.ZodError): string {
  return issues.some(({ path }) => path[0] === 'documentStructureConfiguration')
    ? 'The "documentStructureConfiguration" of the metadata file is wrong. Allowed: type "RECORD_BASED_STRUCTURE_METADATA" with one content field and lists of fields to include and exclude.'
    : 'The metadata file is not JSON with an object "metadataAttributes".';
}

/** Why these attributes of one chunk are too many, if they are. */
export function refusalOfCount(attributes: ReadSidecar['attributes']): string | undefined {
  const keys = Object.keys(attributes).length;
  return keys > MAX_ATTRIBUTES
    ? `A record and its file have ${keys} attributes together; at most 50 are allowed.`
    : undefined;
}

/** Why S3 Vectors would not take these attributes, if it would not. */
export function refusalOfS3Vectors(attributes: ReadSidecar['attributes']): string | undefined {
  const keys = Object.keys(attributes).length;
  const bytes = Buffer.byteLength(JSON.stringify(attributes));
  if (keys > S3_VECTORS_MAX_KEYS) return `Custom metadata has ${keys} keys; S3 Vectors allows 35.`;
  if (bytes > S3_VECTORS_MAX_BYTES) {
    return `Custom metadata has ${bytes} bytes; S3 Vectors allows 1024.`;
  }
  return undefined;
}

const Sidecar = z.object({
  metadataAttributes: z.record(z.string(), z.unknown()),
  documentStructureConfiguration: z.exactOptional(DocumentStructure),
});

const Text = z.string().min(1).max(MAX_STRING_CHARACTERS);
const TextList = z.array(Text).min(1).max(MAX_LIST_STRINGS);
const PlainValue = z.union([Text, z.number(), z.boolean(), TextList]);

const TypedValue = z.strictObject({
  value: z.union([
    z
      .strictObject({ type: z.literal('STRING'), stringValue: Text })
      .transform((v) => v.stringValue),
    z
      .strictObject({ type: z.literal('NUMBER'), numberValue: z.number() })
      .transform((v) => v.numberValue),
    z
      .strictObject({ type: z.literal('BOOLEAN'), booleanValue: z.boolean() })
      .transform((v) => v.booleanValue),
    z
      .strictObject({ type: z.literal('STRING_LIST'), stringListValue: TextList })
      .transform((v) => v.stringListValue),
  ]),
  includeForEmbedding: z.exactOptional(z.boolean()),
});

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}

function readAttributes(entries: readonly (readonly [string, unknown])[]): SidecarReading {
  const read = entries.map(([key, value]) => readAttribute(key, value));
  const refused = read.flatMap((one) => ('refused' in one ? [one.refused] : []));
  if (entries.length > MAX_ATTRIBUTES) {
    refused.push(`The metadata file has ${entries.length} attributes; at most 50 are allowed.`);
  }
  if (refused.length > 0) return { refused };
  const good = read.flatMap((one) => ('refused' in one ? [] : [one]));
  return {
    attributes: Object.fromEntries(good.map(({ key, value }) => [key, value])),
    embedded: good.flatMap(({ key, value, embed }) => (embed ? [`${key}: ${String(value)}`] : [])),
  };
}

type ReadAttribute =
  | { readonly key: string; readonly value: AttributeValue; readonly embed: boolean }
  | { readonly refused: string };

function readAttribute(key: string, value: unknown): ReadAttribute {
  const refusal = refusalOfKey(key);
  if (refusal !== undefined) return { refused: refusal };
  const plain = PlainValue.safeParse(value);
  if (plain.success) return { key, value: plain.data, embed: false };
  const typed = TypedValue.safeParse(value);
  if (!typed.success) {
    return {
      refused:
        `Attribute "${key}" is empty, null, nested or too long. Allowed: a string of 1 to 2048 characters, ` +
        'a number, a boolean, a list of 1 to 10 strings, or the typed form of one of these.',
    };
  }
  return { key, value: typed.data.value, embed: typed.data.includeForEmbedding ?? false };
}

function refusalOfKey(key: string): string | undefined {
  if (key === '' || key.length > MAX_KEY_CHARACTERS) {
    return `Attribute name "${key.slice(0, 40)}" has ${key.length} characters; 1 to 100 are allowed.`;
  }
  if (key.startsWith('x-amz-')) return `Attribute name "${key}" is reserved for Bedrock.`;
  return undefined;
}
