import type { Attempt, Miss } from '../../../workflows/collection/extraction-spec.ts';
import { failure } from '../../../workflows/failures.ts';
import { placeOf } from './page-id.ts';

/** One sentence a missing field, for people: what was looked for, how often it matched, and where. */
export function missingFields(
  misses: readonly Miss[],
  { url, status, sizeBytes, remedy }: MissedPage,
): string {
  const where = `on "${placeOf(url)}" (${status}, ${sizeBytes} bytes)`;
  const sentences = misses.map((miss) => sentence(miss, where));
  return [...sentences, ...(remedy === undefined ? [] : [remedy])].join(' ');
}

/** @throws SelectorMissing - if anything is missing; says what was looked for. */
export function refuseMissing(misses: readonly Miss[], page: MissedPage): void {
  if (misses.length === 0) return;
  const fields = [...new Set(misses.map((miss) => miss.field ?? 'records'))];
  throw failure('SelectorMissing', missingFields(misses, page), { details: { fields } });
}

export interface MissedPage {
  readonly url: string;
  readonly status: number;
  readonly sizeBytes: number;
  /** What to do, where the page itself shows it: one sentence. */
  readonly remedy?: string;
}

function sentence({ field, tried }: Miss, where: string): string {
  const [first, ...others] = tried;
  if (first === undefined) return '';
  const what = field === undefined ? 'The list of records' : `Field "${field}"`;
  const also = others.length === 0 ? '' : ` ${others.length} more locators found nothing either.`;
  return `${lookedFor(first)} ${where}. ${what} is missing.${also}`;
}

function lookedFor({ locator, matched, because }: Attempt): string {
  const elements = `matched ${matched} elements${because === 'no-match' ? '' : ANYWAY[because]}`;
  if ('css' in locator) {
    const attribute = locator.attr === undefined ? '' : ` with attribute "${locator.attr}"`;
    return `Selector "${locator.css}"${attribute} ${elements}`;
  }
  if ('meta' in locator) return `Meta tag "${locator.meta}" ${elements}`;
  if ('json' in locator) return `JSON path "${locator.json}" ${elements}`;
  if ('anchor' in locator) return `Label "${locator.anchor}" ${elements}`;
  return `Path "${locator.path}" of ${locator.structured} ${elements}`;
}

const ANYWAY: Readonly<Record<Exclude<Attempt['because'], 'no-match'>, string>> = {
  empty: ', none with a value,',
  unreadable: ', none of the expected type,',
  'invalid-locator': ', because it cannot be read,',
};
