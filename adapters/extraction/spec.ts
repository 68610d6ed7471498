import type {
  ExtractionSpec,
  FieldSpec,
  Locator,
  Pagination,
} from '../../workflows/collection/extraction-spec.ts';
import { fieldNames } from './spec-config.ts';
import type { ExtractionConfig, FieldConfig, LocatorConfig } from './spec-config.ts';

export { ExtractionConfig } from './spec-config.ts';
export { runExtractionSpec } from './run-spec.ts';

/**
 * The one place where what people write becomes a spec. A plain string is one CSS selector of a required field with one value:
 * `content` is read as `html`, every other name as `text`.
 */
export function expandExtraction(sourceId: string, config: ExtractionConfig): ExtractionSpec {
  const { records, next, decode } = config;
  return {
    v: 1,
    source: sourceId,
    ...(records === undefined ? {} : { records: expandLocators(records) }),
    fields: Object.fromEntries(
      fieldNames(config).map((name) => [name, expandField(name, config[name] as FieldConfig)]),
    ),
    ...(next === undefined ? {} : { next: expandPagination(next) }),
    ...(decode === undefined ? {} : { decode }),
  };
}

function expandField(name: string, field: FieldConfig): FieldSpec {
  if (typeof field !== 'string') return { ...field, locators: expandLocators(field.locators) };
  return {
    type: name === 'content' ? 'html' : 'text',
    cardinality: 'one',
    required: true,
    stable: false,
    locators: [{ css: field }],
  };
}

function expandPagination(next: NonNullable<ExtractionConfig['next']>): Pagination {
  return { ...next, locators: expandLocators(next.locators) };
}

function expandLocators(written: LocatorConfig | readonly LocatorConfig[]): readonly Locator[] {
  const list = isList(written) ? written : [written];
  return list.map((one) => (typeof one === 'string' ? { css: one } : one));
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
