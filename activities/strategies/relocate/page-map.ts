import type { PageDocument, PageElement } from '../../../adapters/extraction/dom.ts';
import {
  isInline,
  isText,
  isVisible,
  type PageNode,
} from '../../../adapters/extraction/page-node.ts';

/** An element of a page, numbered in document order, with the stretch of the page's text that it holds. */
export interface Place {
  readonly index: number;
  readonly element: PageElement;
  readonly tag: string;
  readonly parent: Place | undefined;
  readonly depth: number;
  readonly start: number;
  /** Set once the element has been walked: where its text ends, and its last descendant. */
  end: number;
  last: number;
}

/** A page as a flat list of its elements: what relocation compares, in time linear in the page. */
export interface PageMap {
  readonly document: PageDocument;
  readonly places: readonly Place[];
  /** Visible text of the whole page on one line, blocks parted by spaces. */
  readonly text: string;
}

/** Undefined for what is no page that could be searched: without a root, nested beyond reason, or of far too many elements. */
export function mapPage(document: PageDocument): PageMap | undefined {
  return walk(document);
}

/** The text of a place on one line, as extraction reads it; empty when it is far longer than any value. */
export function textOf(map: PageMap, place: Place): string {
  if (place.end - place.start > MAX_TEXT) return '';
  return map.text.slice(place.start, place.end).trim();
}

const MAX_PLACES = 60_000;
const MAX_TEXT = 60_000;
const MAX_DEPTH = 400;

type Step =
  | { readonly node: PageNode; readonly parent: Place | undefined }
  | { readonly ends: Place };

/** Without recursion: a page may be nested thousands deep. */
function walk(document: PageDocument): PageMap | undefined {
  const [root] = Array.from(document.querySelectorAll('html'));
  if (root === undefined) return undefined;
  const places: Place[] = [];
  const parts: string[] = [];
  let length = 0;
  let spaced = true;
  const say = (text: string): void => {
    const folded = text.replaceAll(/\s+/gu, ' ');
    const added = spaced && folded.startsWith(' ') ? folded.slice(1) : folded;
    if (added === '') return;
    parts.push(added);
    length += added.length;
    spaced = added.endsWith(' ');
  };
  const stack: Step[] = [{ node: root as unknown as PageNode, parent: undefined }];
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    if ('ends' in step) {
      step.ends.end = length;
      step.ends.last = places.length - 1;
      if (!isInline(step.ends.tag)) say(' ');
      continue;
    }
    const { node, parent } = step;
    if (isText(node)) say(node.textContent ?? '');
    if (!isVisible(node)) continue;
    const depth = (parent?.depth ?? -1) + 1;
    if (places.length >= MAX_PLACES || depth > MAX_DEPTH) return undefined;
    const tag = node.nodeName.toLowerCase();
    if (!isInline(tag)) say(' ');
    const place: Place = {
      index: places.length,
      element: node as unknown as PageElement,
      tag,
      parent,
      depth,
      start: length,
      end: length,
      last: places.length,
    };
    places.push(place);
    stack.push({ ends: place });
    const children = Array.from(node.childNodes);
    for (const child of children.toReversed()) stack.push({ node: child, parent: place });
  }
  return { document, places, text: parts.join('') };
}
