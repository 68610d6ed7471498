import { drift } from './drift.ts';
import { fallback } from './fallback.ts';
import { fieldEmptiness } from './field-emptiness.ts';
import type { Detector, Finding, RunFacts } from './finding.ts';
import { knownAnswer } from './known-answer.ts';
import { recordCount } from './record-count.ts';
import { requiredField } from './required-field.ts';

/** Every detector of runs, the most telling first. Freshness is looked at between runs (`watchFreshness`). */
const DETECTORS: readonly Detector[] = [
  requiredField,
  recordCount,
  fieldEmptiness,
  drift,
  knownAnswer,
  fallback,
];

/**
 * What is wrong with a run as a whole, whatever became of its documents: one finding a failure name and severity, with the fields of all
 * detectors that say so. Pure and total. Without an extraction, or without a good run before, there is nothing to compare, and no finding.
 */
export function detect(facts: RunFacts): readonly Finding[] {
  if (facts.run.specDigest === '' || facts.good.length === 0) return [];
  const found = new Map<string, Finding>();
  for (const finding of DETECTORS.flatMap((detector) => detector(facts))) {
    const key = `${finding.failure} ${finding.severity}`;
    const before = found.get(key);
    found.set(key, before ? withFields(before, finding.fields) : finding);
  }
  return [...found.values()];
}

function withFields(finding: Finding, fields: readonly string[]): Finding {
  return { ...finding, fields: [...new Set([...finding.fields, ...fields])].toSorted() };
}
