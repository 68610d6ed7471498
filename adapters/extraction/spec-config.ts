import { z } from 'zod';
import {
  FIELD_TYPES,
  NORMALISERS,
  STRUCTURED_KINDS,
} from '../../workflows/collection/extraction-spec.ts';
import { isSelector } from './dom.ts';
import { parsePath } from './json-path.ts';

const Css = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .refine(isSelector, { error: 'is no CSS selector that can be matched. Test it in a browser.' });
const Path = z
  .string()
  .max(1000)
  .refine((text) => parsePath(text) !== undefined, {
    error: 'is no path. Write it such as data.items[0].title or items[*]["a.b"].',
  });
const Name = z.string().min(1).max(200);

const LocatorConfig = z.union([
  Css.describe('A CSS selector.'),
  z.strictObject({ css: Css, attr: z.exactOptional(Name) }),
  z.strictObject({ meta: Name }),
  z.strictObject({ json: Path }),
  z.strictObject({
    structured: z.enum(STRUCTURED_KINDS),
    type: z.exactOptional(Name),
    path: Path,
  }),
  z.strictObject({ anchor: Name, take: z.enum(['next', 'parent', 'value']) }),
]);

const LocatorList = z.union([LocatorConfig, z.array(LocatorConfig).min(1).max(20)]);

const Count = z.int().min(0);

const ExpectationConfig = z.strictObject({
  min: z.exactOptional(z.number()),
  max: z.exactOptional(z.number()),
  minItems: z.exactOptional(Count),
  maxItems: z.exactOptional(Count),
  minLength: z.exactOptional(Count),
  maxLength: z.exactOptional(Count),
  values: z.exactOptional(z.array(z.string()).min(1).max(1000)),
});

const FullField = z
  .strictObject({
    type: z.enum(FIELD_TYPES).default('text').describe('What the value is read as.'),
    cardinality: z.enum(['one', 'many']).default('one').describe('One value, or all of them.'),
    required: z.boolean().default(true).describe('A page without it is not stored.'),
    stable: z
      .boolean()
      .default(false)
      .describe('The value of a known document never changes: lets a repair prove itself.'),
    locators: LocatorList.describe('Where it is; the first that yields a valid value serves.'),
    normalise: z.exactOptional(z.array(z.enum(NORMALISERS)).max(10)),
    expect: z.exactOptional(ExpectationConfig),
  })
  .refine((field) => field.type !== 'enum' || field.expect?.values !== undefined, {
    error: 'is an enum without values. List them in expect.values.',
  });

const FieldConfig = z.union([Css, FullField]);

const PaginationConfig = z.strictObject({
  locators: LocatorList.describe('Where the link to the following page, or its token, is.'),
  parameter: z.exactOptional(Name).describe('Query parameter that takes the token.'),
  maxPages: z.int().min(1).max(10_000).default(100),
});

const DecodeConfig = z.strictObject({
  charset: z.exactOptional(
    Name.refine(isCharset, { error: 'is no known charset. Write a label such as windows-1252.' }),
  ),
  format: z.exactOptional(z.enum(['html', 'json'])),
});

/**
 * What people write below `extract:`. Every key but `records`, `next` and `decode` is a field; a plain string stands for one CSS
 * selector: `{ title: h1, content: article }`. At least one field.
 */
export const ExtractionConfig = z
  .object({
    records: z.exactOptional(LocatorList).describe('Where the records of a list begin.'),
    next: z.exactOptional(PaginationConfig),
    decode: z.exactOptional(DecodeConfig),
  })
  .catchall(FieldConfig)
  .refine((config) => fieldNames(config).length > 0, { error: 'has no field. Name at least one.' })
  .refine((config) => fieldNames(config).every((name) => FIELD_NAME.test(name)), {
    error: 'has a field whose name is wrong. Use letters, digits and _, beginning with a letter.',
  });

export type ExtractionConfig = z.infer<typeof ExtractionConfig>;

export type FieldConfig = z.infer<typeof FieldConfig>;

export type LocatorConfig = z.infer<typeof LocatorConfig>;

/** The keys of a config that are fields, in the order in which they were written. */
export function fieldNames(config: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(config).filter((key) => !RESERVED.has(key));
}

function isCharset(label: string): boolean {
  try {
    return new TextDecoder(label).encoding.length > 0;
  } catch {
    return false;
  }
}

const RESERVED: ReadonlySet<string> = new Set(['records', 'next', 'decode']);
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/u;
