import type { Pagination } from '../../workflows/collection/extraction-spec.ts';
import { locate } from './locators.ts';
import type { Page } from './locators.ts';
import { resolveUrl } from './absolute-url.ts';

/** The address of the following page: what the first locator that finds anything says, as a URL or as a token. */
export function nextPage(
  next: Pagination | undefined,
  page: Page,
  base: string,
): string | undefined {
  for (const locator of next?.locators ?? []) {
    const [found] = locate(locator, { kind: 'page' }, page) ?? [];
    const text = found?.element?.getAttribute('href') ?? found?.text ?? '';
    if (text.trim() === '') continue;
    return next?.parameter === undefined
      ? resolveUrl(text, base)
      : withParameter(base, next.parameter, text.trim());
  }
  return undefined;
}

function withParameter(base: string, name: string, value: string): string | undefined {
  const url = URL.parse(base);
  url?.searchParams.set(name, value);
  return url?.href;
}
