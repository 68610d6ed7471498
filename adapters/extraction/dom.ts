import { parseHTML } from 'linkedom';

/** The little of the DOM that extraction uses. linkedom types itself with the DOM library, which the rings leave out. */
export interface PageElement {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly innerHTML: string;
  readonly outerHTML: string;
  readonly parentElement: PageElement | null;
  readonly nextElementSibling: PageElement | null;
  readonly children: ArrayLike<PageElement>;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  querySelectorAll(selector: string): ArrayLike<PageElement>;
}

export interface PageDocument {
  querySelectorAll(selector: string): ArrayLike<PageElement>;
}

/** Parses any text as a page; what is no markup becomes text in its body. Scripts do not run. */
export function parsePage(html: string): PageDocument {
  const whole = /<(?:html|body|head)[\s>]/iu.test(html.slice(0, 100_000))
    ? html
    : `<html><body>${html}</body></html>`;
  return (parseHTML(whole) as { readonly document: PageDocument }).document;
}

/** The elements below `scope` in document order, at most `limit`. An unknown selector yields undefined. */
export function select(
  scope: PageDocument | PageElement,
  selector: string,
  limit: number,
): readonly PageElement[] | undefined {
  try {
    return Array.from(scope.querySelectorAll(selector)).slice(0, limit);
  } catch {
    // css-select throws its own plain errors for syntax and for pseudo-classes that it lacks.
    return undefined;
  }
}

/** Can the selector be matched by the parser that will run it? `:scope` alone is the record itself. */
export function isSelector(selector: string): boolean {
  empty ??= parsePage('');
  return select(empty, selector, 1) !== undefined;
}

let empty: PageDocument | undefined;
