/**
 * What is read out of one page or payload, as data: no code, no expressions, no regular expressions, so that a repair is a small
 * patch below `/fields`, `/records`, `/next` or `/decode`. Its canonical JSON, hashed, is the `specDigest`.
 */
export interface ExtractionSpec {
  readonly v: 1;
  /** Id of the source. Not patchable. */
  readonly source: string;
  /** Where the records of a list begin; the first locator that yields any serves. Left out: the page is one record. */
  readonly records?: readonly Locator[];
  readonly fields: Readonly<Record<string, FieldSpec>>;
  readonly next?: Pagination;
  readonly decode?: Decode;
}

export interface FieldSpec {
  readonly type: FieldType;
  readonly cardinality: 'one' | 'many';
  readonly required: boolean;
  /** A known document's value does not change between runs: equality with an older sample is an oracle. */
  readonly stable: boolean;
  /** Ordered; the first that yields a valid value serves. */
  readonly locators: readonly Locator[];
  /** Applied in order to the text before it is read as `type`. */
  readonly normalise?: readonly Normaliser[];
  /** What the value must look like. A value outside is kept and reported as a violation. */
  readonly expect?: Expectation;
}

/** `date` gives ISO 8601, `duration` seconds, `url` an absolute http(s) address, `html` markup, `text` one line without markup. */
export const FIELD_TYPES = [
  'text',
  'html',
  'number',
  'integer',
  'boolean',
  'date',
  'duration',
  'url',
  'enum',
] as const;

export type FieldType = (typeof FIELD_TYPES)[number];

export type Locator = CssLocator | MetaLocator | JsonLocator | StructuredLocator | AnchorLocator;

export interface CssLocator {
  /** A selector below the record; `:scope` alone is the record itself. */
  readonly css: string;
  /** The attribute that holds the value, instead of the element's text. */
  readonly attr?: string;
}

interface MetaLocator {
  /** `name`, `property` or `itemprop` of a `<meta>`; always looked up in the whole page. */
  readonly meta: string;
}

interface JsonLocator {
  /** Path in a JSON payload, such as `data.items[0].title` or `items[*]["a.b"]`. */
  readonly json: string;
}

export interface StructuredLocator {
  readonly structured: StructuredKind;
  /** The `@type` of an item; for `embedded-json` the id of its script or the name of its variable. */
  readonly type?: string;
  /** Path inside the item, as in `json`. Lists on the way are followed. */
  readonly path: string;
}

export interface AnchorLocator {
  /** A label's text, compared without case, spaces and the colon at its end. */
  readonly anchor: string;
  /** The value is the element after the label, the rest of the label's parent, or the rest of the label's own element. */
  readonly take: 'next' | 'parent' | 'value';
}

/** `embedded-json` is `__NEXT_DATA__` and its kin: state that a page carries for its own scripts. */
export const STRUCTURED_KINDS = ['json-ld', 'microdata', 'open-graph', 'embedded-json'] as const;

export type StructuredKind = (typeof STRUCTURED_KINDS)[number];

/** Everything that may happen to a text before it is read. A name is added here and in the catalogue, never invented in a spec. */
export const NORMALISERS = [
  'trim',
  'collapseSpace',
  'lowerCase',
  'stripCurrency',
  'stripPercent',
  'firstNumber',
  'naToNull',
  'decimalComma',
  'dayFirst',
  'monthFirst',
  'epochSeconds',
  'epochMilliseconds',
  'unescapeHtml',
  'stripTags',
] as const;

export type Normaliser = (typeof NORMALISERS)[number];

/** Bounds are inclusive. Lengths count UTF-16 units of texts, items the values of a field of cardinality `many`. */
export interface Expectation {
  readonly min?: number;
  readonly max?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly values?: readonly string[];
}

/** Where the following page of a list is. The locators yield a URL, or a token that goes into the query parameter `parameter`. */
export interface Pagination {
  readonly locators: readonly Locator[];
  readonly parameter?: string;
  readonly maxPages: number;
}

/** How bytes become a body, where the answer's own headers lie. */
export interface Decode {
  /** A label of the WHATWG Encoding Standard, such as `windows-1252`; wins over header and meta. */
  readonly charset?: string;
  /** Left out: JSON when the whole body parses as JSON, else HTML. */
  readonly format?: 'html' | 'json';
}

/** What came out of one body. The same spec, body and URL give the same result. */
export interface Extraction {
  readonly records: readonly ExtractedRecord[];
  /** Which locators served each field, and in how many records: a lower-ranked one that begins to serve is an early warning. */
  readonly served: Readonly<Record<string, readonly Service[]>>;
  readonly misses: readonly Miss[];
  readonly violations: readonly Violation[];
  /** Absolute address of the following page, when `next` names one. */
  readonly next?: string;
}

export type ExtractedRecord = Readonly<Record<string, FieldValue | readonly FieldValue[]>>;

export type FieldValue = string | number | boolean;

export interface Service {
  /** Position in `locators`. */
  readonly locator: number;
  readonly records: number;
}

/** No locator yielded a valid value. */
export interface Miss {
  /** The field; undefined when the records themselves were not found. */
  readonly field?: string;
  /** Position of the record, from 0; undefined when the records themselves were not found. */
  readonly record?: number;
  readonly required: boolean;
  readonly tried: readonly Attempt[];
}

export interface Attempt {
  readonly locator: Locator;
  /** Elements or values that the locator found, valid or not. */
  readonly matched: number;
  /** Why none of them served. */
  readonly because: 'no-match' | 'empty' | 'unreadable' | 'invalid-locator';
}

export interface Violation {
  readonly kind: ViolationKind;
  readonly field?: string;
  readonly record?: number;
  /** One sentence without the value, which may be long or private. */
  readonly detail: string;
}

export type ViolationKind =
  | 'range'
  | 'items'
  | 'length'
  | 'values'
  /** The document was not read to its end; records that are there are whole. */
  | 'deadline'
  /** The body, or a part of it, is nested or sized beyond the limits of the runner. */
  | 'limit'
  /** `decode.format` asks for JSON and the body is none. */
  | 'format';
