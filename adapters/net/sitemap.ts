import { gunzipSync } from 'node:zlib';
import { XMLParser } from 'fast-xml-parser';
import { failure } from '../../workflows/failures.ts';
import { isMap } from '../../workflows/is-map.ts';

/** What one sitemap file says: pages, or further files. */
export type Sitemap =
  | { readonly kind: 'pages'; readonly pages: readonly SitemapPage[] }
  | { readonly kind: 'index'; readonly sitemaps: readonly string[] };

interface SitemapPage {
  readonly url: string;
  /** As written; sites often set it to the present time. */
  readonly lastModified?: string;
}

/**
 * Reads a sitemap in XML, plain text, or either of them gzipped. Addresses come as written, without those that are none.
 * @throws InvalidDocument - no sitemap, a damaged one, or one beyond the protocol's 50 MB and 50,000 addresses.
 */
export function parseSitemap(body: Buffer, place: string): Sitemap {
  const text = unpacked(body, place)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();
  if (text.startsWith('<')) return fromXml(text, place);
  const lines = text.split(/\s*[\r\n]+\s*/).filter((line) => line !== '');
  if (lines.length === 0 || !lines.every((line) => URL.canParse(line))) throw noSitemap(place);
  return { kind: 'pages', pages: bounded(lines, place).map((url) => ({ url })) };
}

function unpacked(body: Buffer, place: string): Buffer {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    throw failure(
      'InvalidDocument',
      `The sitemap "${place}" is damaged gzip, or larger than 50 MB when unpacked. Ask the owner of the site to mend it.`,
      { cause: error },
    );
  }
}

function fromXml(text: string, place: string): Sitemap {
  // A sitemap needs no document type; one that has it brings entities, which can expand without bound.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw noSitemap(place);
  const root = parsed(text, place);
  if (isMap(root['urlset'])) {
    return { kind: 'pages', pages: bounded(entries(root['urlset']['url']), place).flatMap(pageOf) };
  }
  if (isMap(root['sitemapindex'])) {
    const listed = bounded(entries(root['sitemapindex']['sitemap']), place);
    return { kind: 'index', sitemaps: listed.flatMap(pageOf).map((page) => page.url) };
  }
  // An empty element is parsed as an empty string.
  if (root['urlset'] === '') return { kind: 'pages', pages: [] };
  throw noSitemap(place);
}

function parsed(text: string, place: string): Readonly<Record<string, unknown>> {
  const parser = new XMLParser({
    removeNSPrefix: true,
    parseTagValue: false,
    ignoreAttributes: true,
  });
  try {
    const root: unknown = parser.parse(text, true);
    if (isMap(root)) return root;
  } catch (error) {
    throw noSitemap(place, error);
  }
  throw noSitemap(place);
}

function pageOf(entry: unknown): SitemapPage[] {
  if (!isMap(entry)) return [];
  const { loc, lastmod } = entry;
  if (typeof loc !== 'string' || !URL.canParse(loc.trim())) return [];
  const at = typeof lastmod === 'string' && lastmod.trim() !== '' ? lastmod.trim() : undefined;
  return [{ url: loc.trim(), ...(at === undefined ? {} : { lastModified: at }) }];
}

function entries(value: unknown): readonly unknown[] {
  if (value === undefined || value === '') return [];
  return Array.isArray(value) ? value : [value];
}

function bounded<T>(list: readonly T[], place: string): readonly T[] {
  if (list.length <= MAX_ENTRIES) return list;
  throw failure(
    'InvalidDocument',
    `The sitemap "${place}" lists ${list.length} addresses; the protocol allows ${MAX_ENTRIES} a file. Ask the owner of the site to split it.`,
  );
}

function noSitemap(place: string, cause?: unknown): Error {
  return failure(
    'InvalidDocument',
    `"${place}" is no sitemap, or a damaged one. Name another address in "sitemap", or use "skip".`,
    { cause },
  );
}

/** sitemaps.org, protocol: 50,000 addresses and 50 MB (52,428,800 bytes) a file. */
const MAX_ENTRIES = 50_000;
const MAX_BYTES = 52_428_800;
