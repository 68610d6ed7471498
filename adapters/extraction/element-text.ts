import type { PageElement } from './dom.ts';
import { isInline, isText, isVisible, type PageNode } from './page-node.ts';

/**
 * The visible text of an element on one line. Blocks and line breaks become spaces, so that `<li>a</li><li>b</li>` is "a b"; scripts,
 * styles and templates are left out. Walks without recursion: a page may be nested 50,000 deep.
 * An element with more than `maxNodes` nodes below it gives the empty string.
 */
export function elementText(element: PageElement, maxNodes = Infinity): string {
  const parts: string[] = [];
  const stack: (PageNode | string)[] = [element as unknown as PageNode];
  let visited = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (typeof node !== 'string') visited += 1;
    if (visited > maxNodes) return '';
    if (typeof node === 'string') parts.push(node);
    else if (isText(node)) parts.push(node.textContent ?? '');
    else if (isVisible(node)) push(node, stack);
  }
  return parts.join('').replaceAll(/\s+/gu, ' ').trim();
}

function push(node: PageNode, stack: (PageNode | string)[]): void {
  const space = isInline(node.nodeName) ? '' : ' ';
  stack.push(space, ...Array.from(node.childNodes).toReversed(), space);
}
