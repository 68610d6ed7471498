import { select } from './dom.ts';
import type { PageElement } from './dom.ts';
import { resolveUrl } from './absolute-url.ts';

/** The markup of an element whose links and images name absolute addresses: outside of its page, relative ones mean nothing. */
export function absoluteHtml(element: PageElement, base: string): string {
  try {
    // A copy: other fields must read the page as it came, whatever the order of the fields.
    const copy = (element as CopyableElement).cloneNode(true);
    for (const [selector, name] of ADDRESSES) {
      for (const one of select(copy, selector, Infinity) ?? []) makeAbsolute(one, name, base);
    }
    return copy.outerHTML;
  } catch (error) {
    if (error instanceof RangeError) return element.outerHTML;
    throw error;
  }
}

interface CopyableElement extends PageElement {
  cloneNode(deep: boolean): CopyableElement;
}

interface MutableElement extends PageElement {
  setAttribute(name: string, value: string): void;
}

const ADDRESSES = [
  ['a[href]', 'href'],
  ['img[src]', 'src'],
] as const;

function makeAbsolute(element: PageElement, name: string, base: string): void {
  const target = resolveUrl(element.getAttribute(name) ?? '', base);
  if (target !== undefined) (element as MutableElement).setAttribute(name, target);
}
