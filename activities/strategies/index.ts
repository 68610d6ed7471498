import { agreeingPages } from './agreeing-pages.ts';
import type { Strategy } from './contract.ts';
import { encoding } from './encoding.ts';
import { formats } from './formats.ts';
import { jsonEnvelope } from './json-envelope.ts';
import { jsonFields } from './json-fields.ts';
import { listRecords } from './list-records.ts';
import { movedUrl } from './moved-url.ts';
import { normalisers } from './normalisers.ts';
import { pagination } from './pagination.ts';
import { similarity } from './similarity.ts';
import { structuredData } from './structured-data.ts';
import { valueAnchor } from './value-anchor.ts';

/**
 * Every strategy that finds a fix from the evidence alone, by cost and trust. Adding one is one file beside this one and one line here.
 * All of them are pure, so that they may run in a thread.
 */
export const STRATEGIES: readonly Strategy[] = [
  agreeingPages,
  valueAnchor,
  similarity,
  listRecords,
  structuredData,
  jsonFields,
  jsonEnvelope,
  formats,
  normalisers,
  pagination,
  encoding,
  movedUrl,
];
