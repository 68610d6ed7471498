import { extname } from 'node:path';
import TurndownService from 'turndown';

/** How a file is read: `opaque` is indexed by Bedrock, but its text is not read by the embedded server. */
export type DocumentFormat = 'plain' | 'html' | 'opaque' | 'ignored';

/** The format of a document, by the ending of its key: the endings that Bedrock's default parser reads. */
export function formatOf(key: string): DocumentFormat {
  return FORMATS.get(extname(key).toLowerCase()) ?? 'ignored';
}

/** The text that is searched. Of an opaque file it is the file name. */
export function textOf(key: string, content: Buffer): string {
  const format = formatOf(key);
  if (format === 'plain') return content.toString('utf8');
  if (format === 'html') return textOfHtml(content.toString('utf8'));
  return key.slice(key.lastIndexOf('/') + 1);
}

/** The endings that are indexed, for sentences. */
export const INDEXED_ENDINGS = '.md, .txt, .html, .csv, .pdf, .doc, .docx, .xls, .xlsx';

const FORMATS: ReadonlyMap<string, DocumentFormat> = new Map([
  ['.md', 'plain'],
  ['.txt', 'plain'],
  ['.csv', 'plain'],
  ['.html', 'html'],
  ['.pdf', 'opaque'],
  ['.doc', 'opaque'],
  ['.docx', 'opaque'],
  ['.xls', 'opaque'],
  ['.xlsx', 'opaque'],
]);

function textOfHtml(html: string): string {
  const service = new TurndownService();
  service.remove(['script', 'style', 'noscript']);
  return service.turndown(html);
}
