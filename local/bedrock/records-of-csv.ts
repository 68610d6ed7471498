import { z } from 'zod';
import { parseCsv } from './csv.ts';

const FieldName = z.strictObject({ fieldName: z.string().min(1) });

/** `documentStructureConfiguration` of a sidecar: which column is embedded, and which ones become attributes of each chunk. */
export const DocumentStructure = z.strictObject({
  type: z.literal('RECORD_BASED_STRUCTURE_METADATA'),
  recordBasedStructureMetadata: z.strictObject({
    contentFields: z.array(FieldName).length(1),
    metadataFieldsSpecification: z.exactOptional(
      z.strictObject({
        fieldsToInclude: z.exactOptional(z.array(FieldName)),
        fieldsToExclude: z.exactOptional(z.array(FieldName)),
      }),
    ),
  }),
});
export type DocumentStructure = z.infer<typeof DocumentStructure>;

/** One row: what is embedded, and the attributes of its chunks, which are all text. */
interface CsvRecord {
  readonly content: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Reads CSV as its structure says, or says why Bedrock would not take it. */
export function recordsOfCsv(
  text: string,
  { recordBasedStructureMetadata }: DocumentStructure,
): readonly CsvRecord[] | { readonly refused: string } {
  const [header, ...rows] = parseCsv(text) ?? [];
  if (!header) return { refused: 'The file is no CSV by RFC 4180, or has no header.' };
  const ragged = rows.findIndex((row) => row.length !== header.length);
  if (ragged >= 0) {
    return {
      refused: `Record ${ragged + 1} has ${rows[ragged]?.length} fields; the header has ${header.length}.`,
    };
  }
  const [content = ''] = recordBasedStructureMetadata.contentFields.map(nameOf);
  const specification = recordBasedStructureMetadata.metadataFieldsSpecification ?? {};
  const included = specification.fieldsToInclude?.map(nameOf);
  const excluded = specification.fieldsToExclude?.map(nameOf) ?? [];
  const refused = refusalOf({ header, content, included: included ?? [], excluded });
  if (refused !== undefined) return { refused };
  const fields = (included ?? header).filter(
    (name) => name !== content && !excluded.includes(name),
  );
  const at = (row: readonly string[], name: string): string => row[header.indexOf(name)] ?? '';
  return rows.map((row) => ({
    content: at(row, content),
    attributes: Object.fromEntries(
      fields.map((name) => [name, at(row, name)]).filter(([, value]) => value !== ''),
    ),
  }));
}

interface NamedFields {
  readonly header: readonly string[];
  readonly content: string;
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

function refusalOf({ header, content, included, excluded }: NamedFields): string | undefined {
  const missing = [content, ...included, ...excluded].find((name) => !header.includes(name));
  if (missing !== undefined)
    return `The CSV has no column "${missing}", which its metadata file names.`;
  const both = included.find((name) => excluded.includes(name));
  return both === undefined ? undefined : `Column "${both}" is both included and excluded.`;
}

function nameOf({ fieldName }: z.infer<typeof FieldName>): string {
  return fieldName;
}
