import type { Discovery } from '../../../workflows/collection/inspection.ts';
import type { StrandsConfig } from './config.ts';

/** One stream a question, in the order of the definition. */
export function discoverStrands({ questions }: StrandsConfig): Promise<Discovery> {
  return Promise.resolve({ streams: questions.map(({ id }) => ({ name: id, count: 1 })) });
}
