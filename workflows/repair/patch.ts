/**
 * A repair of an extraction spec: JSON Patch (RFC 6902) against the canonical spec, below `/fields`, `/records`, `/next` or `/decode`.
 * Everything else of a source (host, schedule, credentials, id) is out of its reach.
 */
export type SpecPatch = readonly PatchOperation[];

export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };
