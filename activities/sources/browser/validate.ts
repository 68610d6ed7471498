import { failure } from '../../../workflows/failures.ts';
import type { BrowserConfig } from './config.ts';
import { pageId } from './page-id.ts';

/** What the schema cannot say. @throws InvalidConfig - lists all findings. */
export function validateBrowser(config: BrowserConfig): void {
  const findings = [...addressFindings(config), ...extractFindings(config)];
  if (findings.length > 0) throw failure('InvalidConfig', findings.join(' '));
}

function addressFindings({ urls }: BrowserConfig): readonly string[] {
  return urls.flatMap((url, index) =>
    pageId(url) === undefined
      ? [
          `"urls.${index}" is "${url.slice(0, 200)}". Use a whole address such as "https://example.com/docs".`,
        ]
      : [],
  );
}

function extractFindings({ extract, follow }: BrowserConfig): readonly string[] {
  if (extract === undefined) return [];
  const { records, next, decode } = extract;
  const findings: string[] = [];
  if (records !== undefined && extract['id'] === undefined) {
    findings.push(
      '"extract.records" needs a field "id" that stays the same for the same record. Add "extract.id".',
    );
  }
  if (records !== undefined && follow !== undefined) {
    findings.push(
      '"extract.records" and "follow" exclude each other. Name the following pages of a list by "extract.next".',
    );
  }
  if (next !== undefined && records === undefined) {
    findings.push('"extract.next" needs "extract.records". Use "follow" for single pages.');
  }
  if (decode !== undefined) {
    findings.push(
      '"extract.decode" is for sources of type "http": a browser decodes by itself. Remove it.',
    );
  }
  return findings;
}
