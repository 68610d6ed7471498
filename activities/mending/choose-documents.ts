import {
  readFolders,
  readExaminedRows,
  type ExaminedRow,
} from '../../adapters/postgres/examinations.ts';
import { findExplainedRow } from '../../adapters/postgres/explanations.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { MendChoice } from '../../workflows/collection/mending.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { documentHash } from '../collection/identity.ts';
import { openSourceRules } from './source-rules.ts';
import { foldersByPath, knownDocuments } from '../examination/known-documents.ts';

export interface Choosing {
  readonly definition: SourceDefinition;
  readonly choice: MendChoice;
  readonly signal: AbortSignal;
  /** Is told of an id that nothing is stored of. */
  readonly onUnknown: (id: string) => void;
}

/** The rows that a person chose, in bounded memory; those after `after` where they have an order. */
export async function* chooseDocuments(
  { definition, choice, signal, onUnknown }: Choosing,
  after: string,
  deps: CollectionDependencies,
): AsyncGenerator<ExaminedRow> {
  const { tenant, id: source } = definition;
  const reference = { tenant, source };
  if (choice.kind === 'ids') {
    const ruleOn = openSourceRules(definition, deps);
    for (const id of choice.ids) {
      const canonical = await ruleOn(id);
      const hashes = [...new Set([documentHash(canonical), documentHash(id)])];
      const row = await findExplainedRow(deps.db, { ...reference, about: id, hashes });
      if (row) yield row;
      else onUnknown(id);
    }
  } else if (choice.kind === 'all') {
    for await (const row of readExaminedRows(deps.db, reference))
      if (row.state === 'live' && row.hash > after) yield row;
  } else {
    const { bucket, knowledgeBaseId, dataSourceId } = definition.knowledgeBase;
    const byPath = foldersByPath(await readFolders(deps.db, source), bucket);
    const states = deps.knowledge.listDocuments({ knowledgeBaseId, dataSourceId, signal });
    for await (const { state, row } of knownDocuments(states, { bucket, byPath }, deps.db))
      if (state.outcome === 'failed' && row?.state === 'live') yield row;
  }
}
