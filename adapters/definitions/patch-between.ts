import { isDeepStrictEqual } from 'node:util';
import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import { pointerTo, type PatchOperation, type SpecPatch } from '../../workflows/repair/patch.ts';

/** A patch that leads from one spec to another: each field that differs as a whole, and each other part. */
export function patchBetween(from: ExtractionSpec, to: ExtractionSpec): SpecPatch {
  const names = [...new Set([...Object.keys(from.fields), ...Object.keys(to.fields)])];
  return [
    ...names.flatMap((name) => step(['fields', name], from.fields[name], to.fields[name])),
    ...PARTS.flatMap((part) => step([part], from[part], to[part])),
  ];
}

const PARTS = ['records', 'next', 'decode'] as const;

function step(path: readonly string[], from: unknown, to: unknown): readonly PatchOperation[] {
  if (isDeepStrictEqual(from, to)) return [];
  const place = pointerTo(path);
  return to === undefined
    ? [{ op: 'remove', path: place }]
    : [{ op: 'add', path: place, value: to }];
}
