import { highlightedCodeBlock, strikethrough, taskListItems } from '@joplin/turndown-plugin-gfm';
import TurndownService from 'turndown';
import { parsePage, type PageElement } from './dom.ts';
import { markdownTables } from './markdown-tables.ts';
import { isNestedTooDeeply, looksNestedTooDeeply } from './nesting.ts';
import { plainTextOf } from './plain-text.ts';

/** Markdown with GFM tables, code and task lists. What is nested too deeply for that comes as plain text. Never throws. */
export function htmlToMarkdown(html: string): string {
  if (looksNestedTooDeeply(html)) return plainTextOf(html);
  try {
    const body = parsePage(html).querySelectorAll('body')[0];
    if (body === undefined) return '';
    return isNestedTooDeeply(body) ? plainTextOf(html) : elementToMarkdown(body);
  } catch (error) {
    if (error instanceof RangeError) return plainTextOf(html);
    throw error;
  }
}

/** The same for an element that is parsed already, and is taken apart. @throws RangeError - nested too deeply. */
export function elementToMarkdown(element: PageElement): string {
  const markdown = converter().turndown(itself(element));
  return markdown
    .replace(WORD_BEFORE_ALT, ' ')
    .replace(WORD_AFTER_ALT, ' ')
    .replace(ALT_MARKS, '')
    .replace(/[^\S\n]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Turndown makes a copy before it takes a tree apart; ours are thrown away, and a copy costs as much as parsing. */
function itself(element: PageElement): PageElement {
  const stand = { nodeType: 1, cloneNode: () => element };
  return stand as unknown as PageElement;
}

let service: TurndownService | undefined;

function converter(): TurndownService {
  service ??= createConverter();
  return service;
}

function createConverter(): TurndownService {
  const made = new TurndownService({
    headingStyle: 'atx',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
    emDelimiter: '_',
  });
  made.escape = escapeLineStart;
  made.use([highlightedCodeBlock, strikethrough, taskListItems, markdownTables]);
  made.remove(['script', 'style', 'noscript', 'template', 'title']);
  made.addRule('headingOfOneLine', {
    filter: ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
    replacement: (content, node) => heading(content, Number(node.nodeName.slice(1))),
  });
  made.addRule('image', {
    filter: 'img',
    replacement: (_content, node) => image(node),
  });
  made.addRule('link', {
    filter: (node) => node.nodeName === 'A',
    replacement: (content, node) => link(content, node),
  });
  made.addRule('codeBlock', {
    filter: 'pre',
    replacement: (_content, node) => codeBlock(node),
  });
  return made;
}

/**
 * Escapes only what would turn a line into a heading, list, quote or rule. Turndown's own way also writes `snake\_case` and `a\[0\]`,
 * which neither search nor embedding finds again.
 */
function escapeLineStart(text: string): string {
  return text
    .replace(/^(#{1,6} |[-+*] |>|={3,}|-{3,}|~{3})/, '\\$1')
    .replace(/^(\d{1,9})([.)] )/, '$1\\$2');
}

/** A line break inside would end it: what follows would be a paragraph. */
function heading(content: string, level: number): string {
  return `\n\n${'#'.repeat(level)} ${oneLine(content)}\n\n`;
}

/** Without a description an image tells a reader of text nothing. */
function image(node: PageElement): string {
  const alt = oneLine(node.getAttribute('alt') ?? '');
  const source = node.getAttribute('src') ?? '';
  if (alt === '') return '';
  return /^https?:/i.test(source) ? `![${alt}](${encodeTarget(source)})` : `${ALT}${alt}${ALT_END}`;
}

/** Noncharacters around a description that stands for its image: it must not grow together with the words beside it. */
const ALT = '\uFDD4';
const ALT_END = '\uFDD5';
const WORD_BEFORE_ALT = /(?<=[\p{L}\p{N}])\uFDD4/gu;
const WORD_AFTER_ALT = /\uFDD5(?=[\p{L}\p{N}]|\uFDD4)/gu;
const ALT_MARKS = /[\uFDD4\uFDD5]/g;

function link(content: string, node: PageElement): string {
  const text = content.trim();
  // The marks that documentation tools put behind headings.
  if (text === '' || text === '¶' || text === '#' || text === '§') return '';
  const target = node.getAttribute('href') ?? '';
  const readable = /^(?:https?|mailto):/i.test(target) && !text.includes('\n');
  return readable ? `[${text}](${encodeTarget(target)})` : content;
}

function codeBlock(node: PageElement): string {
  const code = (node.textContent ?? '').replace(/^\n+|\s+$/g, '');
  if (code === '') return '';
  const longest = Math.max(2, ...(code.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `\n\n${fence}${languageOf(node)}\n${code}\n${fence}\n\n`;
}

function languageOf(node: PageElement): string {
  const named = [
    node,
    ...Array.from(node.children),
    ...(node.parentElement ? [node.parentElement] : []),
  ];
  const classes = named.map((one) => one.getAttribute('class') ?? '').join(' ');
  return (
    /\b(?:language|lang|highlight-source|highlight)-([a-z0-9+#]{1,20})/i.exec(classes)?.[1] ?? ''
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Blanks and parentheses would end the target early. */
function encodeTarget(target: string): string {
  return target.replace(/[\s()<>]/g, (character) =>
    encodeURIComponent(character).replace('(', '%28').replace(')', '%29'),
  );
}
