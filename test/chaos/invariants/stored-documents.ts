import type { Evidence, StoredObject } from '../evidence.ts';
import { markersIn, type Marker } from '../sources/source.ts';

export interface StoredDocument extends Marker {
  readonly object: StoredObject;
}

/** The content objects, each with the document that its text tells. What a fault's own sources have copied is left out. */
export function storedDocuments({ objects, sources }: Evidence): readonly StoredDocument[] {
  const known = new Set(sources.map(({ id }) => id));
  return objects
    .filter(({ key, sidecar }) => !isSidecar(key) && (!sidecar || known.has(sidecar.source)))
    .flatMap((object) => markersIn(object.text).map((marker) => ({ ...marker, object })));
}

export function isSidecar(key: string): boolean {
  return key.endsWith('.metadata.json');
}

/** `feed 12 (v3)`. */
export function nameOf({ source, number, version }: Marker): string {
  return `${source} ${number} (v${version})`;
}
