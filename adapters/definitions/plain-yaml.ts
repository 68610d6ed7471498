import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';

/**
 * Reads the plain data of YAML 1.2 with merge keys (`<<`), some ten times as fast as a parser that keeps places (bench `load-10k`).
 * Undefined for anything that is wrong or unusual: `parseYaml` then reads the text again, slowly, and says what and on which line.
 */
export function readPlainYaml(text: string): { readonly value: unknown } | undefined {
  try {
    const value = load(text, { schema: SCHEMA, maxTotalMergeKeys: -1 });
    refuseUnusual(value, text.length);
    return { value };
  } catch {
    return undefined;
  }
}

const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/**
 * What YAML can say and plain data cannot: a value within itself, the tags `!!set`, `!!omap`, `!!binary`, `!!timestamp`, and aliases
 * of aliases that grow without bound. `written` is the length of the text.
 */
export function refuseUnusual(value: unknown, written: number): void {
  const parents = new Set<object>();
  // A list of thousands may share one anchor of some keys; an alias bomb passes this within a few levels.
  let left = MIN_VALUES + VALUES_A_CHARACTER * written;
  const visit = (item: unknown): void => {
    left -= 1;
    if (left < 0) throw new Error('its aliases grow without bound');
    if (typeof item !== 'object' || item === null) return;
    if (parents.has(item)) throw new Error('an alias stands within its own anchor');
    if (!Array.isArray(item) && Object.getPrototypeOf(item) !== Object.prototype)
      throw new Error('only texts, numbers, true, false, lists and maps can be used');
    parents.add(item);
    for (const inner of Object.values(item)) visit(inner);
    parents.delete(item);
  };
  visit(value);
}

const MIN_VALUES = 10_000;
const VALUES_A_CHARACTER = 2;
