import type { MendReport, MendSourceInput } from '../../workflows/collection/mending.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { forgetSource } from './forget-source.ts';
import { reindexDocuments, rereadDocuments } from './reindex-documents.ts';

/** What a heartbeat tells, and the next attempt begins with. */
export interface MendProgress {
  /** The hash of the last document that was handed over. */
  after: string;
  documents: number;
}

/** Behind `reindex` and `forget`. */
export async function mendSource(
  input: MendSourceInput,
  deps: CollectionDependencies,
): Promise<MendReport> {
  const progress: MendProgress = { after: '', documents: 0 };
  return withHeartbeat(
    () => progress,
    () => {
      if (input.verb === 'forget') return forgetSource(input.source, deps);
      if (input.verb === 'reread') return rereadDocuments(input, deps);
      return reindexDocuments(input, progress, deps);
    },
  );
}
