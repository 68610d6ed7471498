import type { PageElement } from './dom.ts';

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
    else if (node.nodeType === TEXT_NODE) parts.push(node.textContent ?? '');
    else if (node.nodeType === ELEMENT_NODE && !HIDDEN.test(node.nodeName)) push(node, stack);
  }
  return parts.join('').replaceAll(/\s+/gu, ' ').trim();
}

interface PageNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly childNodes: ArrayLike<PageNode>;
}

const ELEMENT_NODE = 1;
const TEXT_NODE = 3;
const HIDDEN = /^(?:script|style|template|noscript)$/iu;
const INLINE =
  /^(?:a|abbr|b|bdi|bdo|cite|code|data|dfn|em|font|i|ins|del|kbd|mark|q|s|samp|small|span|strong|sub|sup|time|u|var|wbr)$/iu;

function push(node: PageNode, stack: (PageNode | string)[]): void {
  const space = INLINE.test(node.nodeName) ? '' : ' ';
  stack.push(space, ...Array.from(node.childNodes).toReversed(), space);
}
