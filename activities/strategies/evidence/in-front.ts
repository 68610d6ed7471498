import type { Locator } from '../../../workflows/collection/extraction-spec.ts';
import { pointerTo, type PatchOperation } from '../../../workflows/repair/patch.ts';

/** A new locator goes before the old ones, which stay as a fallback for pages that have not changed yet. */
export function inFront(field: string, locator: Locator): PatchOperation {
  return { op: 'add', path: pointerTo(['fields', field, 'locators', 0]), value: locator };
}

/** The same for where the records begin. */
export function recordsInFront(locator: Locator, had: boolean): PatchOperation {
  return had
    ? { op: 'add', path: '/records/0', value: locator }
    : { op: 'add', path: '/records', value: [locator] };
}

/** A value as a person may see it in a sentence: one short line. */
export function shownLocator(locator: Locator): string {
  const text =
    'css' in locator
      ? `${locator.css}${locator.attr === undefined ? '' : ` (its ${locator.attr})`}`
      : 'meta' in locator
        ? `meta ${locator.meta}`
        : 'json' in locator
          ? locator.json
          : 'structured' in locator
            ? `${locator.structured} ${locator.type ?? ''} ${locator.path}`
            : `label ${locator.anchor}`;
  return text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 120);
}
