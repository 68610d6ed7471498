import { classify } from '../../workflows/classify.ts';

/** It did not answer now, and will again: nothing is known of what was asked for. */
export function isAway(error: unknown): boolean {
  const { name } = classify(error);
  return name === 'Unavailable' || name === 'Throttled';
}
