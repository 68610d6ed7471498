import type { Evidence, StoredObject } from '../evidence.ts';
import { markersIn, type Marker } from '../sources/source.ts';

export interface StoredDocument extends Marker {
  readonly object: StoredObject;
}

/** The content objects, each with the document that its text tells. */
export function storedDocuments({ objects }: Evidence): readonly StoredDocument[] {
  return objects
    .filter(({ key }) => !isSidecar(key))
    .flatMap((object) => markersIn(object.text).map((marker) => ({ ...marker, object })));
}

export function isSidecar(key: string): boolean {
  return key.endsWith('.metadata.json');
}

/** `feed 12 (v3)`. */
export function nameOf({ source, number, version }: Marker): string {
  return `${source} ${number} (v${version})`;
}
