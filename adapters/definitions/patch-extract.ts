import { isDeepStrictEqual } from 'node:util';
import type { FieldSpec, Locator, Pagination } from '../../workflows/collection/extraction-spec.ts';
import { isMap } from '../../workflows/is-map.ts';
import { patchedSpec } from '../extraction/validate-spec.ts';
import { specOf } from './spec-digest.ts';

export type PatchedExtract =
  | { readonly extract: Readonly<Record<string, unknown>> }
  | { readonly refused: string };

/**
 * Puts a patch of the canonical spec into what a person wrote below `extract`: what the patch does not touch stays as it is written, short
 * forms stay short where they still say everything. Expanded, the answer equals the patched spec. Total.
 */
export function patchExtract(written: unknown, patch: unknown): PatchedExtract {
  const before = specOf('', written);
  if (!before || !isMap(written)) {
    return { refused: 'The source has no extraction spec that could be patched.' };
  }
  const patched = patchedSpec(before, patch);
  if ('refused' in patched) return patched;
  const after = patched.spec;
  const names = Object.keys(after.fields);
  const fields = names.map((name) => {
    const field = after.fields[name] as FieldSpec;
    return [name, writeField(name, field, { raw: written[name], spec: before.fields[name] })];
  });
  const parts = {
    records: after.records && writeLocators(after.records, written['records'], before.records),
    next: after.next && writeNext(after.next, written['next'], before.next),
    decode: after.decode && writeDecode(after.decode, written['decode'], before.decode),
  };
  const all = { ...Object.fromEntries(fields), ...parts };
  return { extract: inOrderOf(written, all) };
}

type Written = Readonly<Record<string, unknown>>;

interface Former<Spec> {
  readonly raw: unknown;
  readonly spec: Spec | undefined;
}

function writeField(name: string, after: FieldSpec, { raw, spec }: Former<FieldSpec>): unknown {
  if (isDeepStrictEqual(after, spec)) return raw;
  const type = name === 'content' && !isMap(raw) ? 'html' : 'text';
  const plainField = { ...FIELD_DEFAULTS, type };
  const { locators, ...rest } = after;
  const [only, ...others] = locators;
  const isShort = only && others.length === 0 && isPlainCss(only) && !isMap(raw);
  if (isShort && isDeepStrictEqual(rest, plainField)) return only.css;
  const values = {
    ...rest,
    locators: writeLocators(locators, isMap(raw) ? raw['locators'] : raw, spec?.locators),
  };
  return writeMap(values, { raw, defaults: { ...FIELD_DEFAULTS, type: 'text' } });
}

const FIELD_DEFAULTS = { type: 'text', cardinality: 'one', required: true, stable: false };
const NEXT_DEFAULTS = { maxPages: 100 };

function writeNext(after: Pagination, raw: unknown, before: Pagination | undefined): unknown {
  if (isDeepStrictEqual(after, before)) return raw;
  const former = isMap(raw) ? raw['locators'] : undefined;
  const locators = writeLocators(after.locators, former, before?.locators);
  return writeMap({ ...after, locators }, { raw, defaults: NEXT_DEFAULTS });
}

function writeDecode(after: object, raw: unknown, before: object | undefined): unknown {
  return isDeepStrictEqual(after, before) ? raw : writeMap({ ...after }, { raw, defaults: {} });
}

/** A default that was not written is left out again; keys stay in the order in which they were written. */
function writeMap(
  values: Written,
  { raw, defaults }: { readonly raw: unknown; readonly defaults: Written },
): Written {
  const former = isMap(raw) ? raw : {};
  const said = Object.entries(values).filter(
    ([key, value]) => Object.hasOwn(former, key) || !isDeepStrictEqual(defaults[key], value),
  );
  return inOrderOf(former, Object.fromEntries(said));
}

/** Each locator as it was written before, a new one as short as it can be; a lone one is no list, unless it was one. */
function writeLocators(
  after: readonly Locator[],
  raw: unknown,
  before: readonly Locator[] = [],
): unknown {
  if (isDeepStrictEqual(after, before)) return raw;
  const former: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  const items = after.map((locator) => {
    const at = before.findIndex((one) => isDeepStrictEqual(one, locator));
    if (at !== -1) return former[at];
    return isPlainCss(locator) ? locator.css : locator;
  });
  return items.length === 1 && !Array.isArray(raw) ? items[0] : items;
}

function isPlainCss(locator: Locator): locator is { readonly css: string } {
  return 'css' in locator && locator.attr === undefined;
}

function inOrderOf(former: Written, values: Written): Written {
  const kept = Object.keys(former).filter((key) => values[key] !== undefined);
  const added = Object.keys(values).filter(
    (key) => values[key] !== undefined && !Object.hasOwn(former, key),
  );
  return Object.fromEntries([...kept, ...added].map((key) => [key, values[key]]));
}
