import type { Objects } from '../../adapters/aws/objects.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { Claim, SourceReference } from '../../adapters/postgres/source-state.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { SourceSpec } from '../sources/contract.ts';

/** Everything that storing the documents of one attempt needs. */
export interface StoreContext {
  readonly db: Database;
  readonly objects: Objects;
  readonly definition: SourceDefinition;
  readonly spec: SourceSpec;
  readonly configSig: string;
  readonly claim: Claim;
  readonly run: string;
  readonly startedAt: Date;
  readonly maxDocumentBytes: number;
  /** Uploads at once. */
  readonly uploads: number;
  readonly signal: AbortSignal;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
}

/** Whose rows these are. */
export function reference({ definition }: Pick<StoreContext, 'definition'>): SourceReference {
  return { tenant: definition.tenant, source: definition.id };
}
