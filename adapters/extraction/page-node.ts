/** A node of a page, as far as its text goes. Where text is read, all read it alike: a value is looked for in the text that extraction gives. */
export interface PageNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly childNodes: ArrayLike<PageNode>;
}

export function isText({ nodeType }: PageNode): boolean {
  return nodeType === TEXT_NODE;
}

/** An element whose text is seen: no script, no style, no template. */
export function isVisible({ nodeType, nodeName }: PageNode): boolean {
  return nodeType === ELEMENT_NODE && !HIDDEN.test(nodeName);
}

/** Flows within a line: everything else stands apart from what is around it. */
export function isInline(tag: string): boolean {
  return INLINE.test(tag);
}

const ELEMENT_NODE = 1;
const TEXT_NODE = 3;
const HIDDEN = /^(?:script|style|template|noscript)$/iu;
const INLINE =
  /^(?:a|abbr|b|bdi|bdo|cite|code|data|dfn|em|font|i|ins|del|kbd|mark|q|s|samp|small|span|strong|sub|sup|time|u|var|wbr)$/iu;
