import { isDeepStrictEqual } from 'node:util';
import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import { applyPatch, type AppliedPatch } from '../../workflows/repair/apply-patch.ts';
import { expandExtraction, ExtractionConfig } from './spec.ts';

/**
 * Checks a canonical spec by the rules of what people write below `extract:`: selectors parse, normalisers are known, nothing is left to a
 * default. Answers the first thing that is wrong, as a sentence; undefined for a spec that is one.
 */
export function validateSpec(spec: ExtractionSpec): string | undefined {
  const { records, fields, next, decode } = spec;
  const parts = { records, next, decode };
  const present = Object.entries(parts).filter(([, part]) => part !== undefined);
  const checked = ExtractionConfig.safeParse({ ...fields, ...Object.fromEntries(present) });
  if (!checked.success) return wrong(checked.error.issues);
  return isDeepStrictEqual(expandExtraction(spec.source, checked.data), spec)
    ? undefined
    : 'The spec is not canonical: write every field with all of its keys, each locator as a map, texts without blanks around them.';
}

/** The one door for a patch: applied, and the spec that comes out checked. Total. */
export function patchedSpec(spec: ExtractionSpec, patch: unknown): AppliedPatch {
  const applied = applyPatch(spec, patch);
  if ('refused' in applied) return applied;
  const refused = validateSpec(applied.spec);
  return refused === undefined ? applied : { refused };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string;
  readonly errors?: readonly (readonly Issue[])[];
}

function wrong(issues: readonly Issue[]): string {
  const { path, message } = deepest(issues[0] ?? { path: [], message: 'is no spec' }, []);
  const place = path.length === 0 ? 'The spec' : `"${path.map(String).join('.')}" of the spec`;
  return `${place} is refused: ${message.replace(/\.$/, '')}.`;
}

/** Of the alternatives of a union the one that came furthest says most. */
function deepest(issue: Issue, base: readonly PropertyKey[]): Issue {
  const path = [...base, ...issue.path];
  const inner = (issue.errors ?? [])
    .flatMap((alternative) => alternative.slice(0, 1))
    .map((one) => deepest(one, path))
    .toSorted((a, b) => b.path.length - a.path.length);
  return inner[0] ?? { path, message: issue.message };
}
