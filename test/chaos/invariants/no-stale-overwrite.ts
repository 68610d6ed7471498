import type { Evidence } from '../evidence.ts';
import { nameOf, storedDocuments } from './stored-documents.ts';

/** I3: the stored version is the newest one, and the manifest's. */
export function noStaleOverwrite(evidence: Evidence): readonly string[] {
  const sources = new Map(evidence.sources.map((source) => [source.id, source]));
  const etags = new Map(
    evidence.manifest.filter(({ state }) => state === 'live').map(({ key, etag }) => [key, etag]),
  );
  const stored = storedDocuments(evidence);
  return [
    ...stored.flatMap((document) => {
      const source = sources.get(document.source);
      const newest = source?.truth.get(document.number);
      const isStale = newest !== undefined && document.version !== newest;
      return isStale && !source?.excused.has(document.number)
        ? [`${nameOf(document)} is stored, but its source has v${newest}.`]
        : [];
    }),
    ...stored.flatMap(({ object: { key, etag } }) => {
      const expected = etags.get(key);
      return expected && expected !== etag
        ? [`"${key}" has the ETag ${etag}, but the manifest says ${expected}.`]
        : [];
    }),
  ];
}
