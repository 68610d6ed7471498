import { expandExtraction, ExtractionConfig } from '../extraction/spec.ts';
import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import { digestOf } from './digest.ts';

/** The canonical spec of a written `extract`; undefined for what is none, such as that of a source type without extraction. */
export function specOf(source: string, extract: unknown): ExtractionSpec | undefined {
  const parsed = ExtractionConfig.safeParse(extract);
  return parsed.success ? expandExtraction(source, parsed.data) : undefined;
}

/** The name of what an `extract` means: other spellings of the same spec have the same digest. Undefined for what is no spec. */
export function specDigest(source: string, extract: unknown): string | undefined {
  const spec = specOf(source, extract);
  return spec && digestOf(spec);
}
