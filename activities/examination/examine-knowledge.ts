import type { IndexedState } from '../../adapters/aws/knowledge-documents.ts';
import {
  readExaminedRows,
  readWaitingDataSources,
  type ManifestFolder,
} from '../../adapters/postgres/examinations.ts';
import type { KnowledgeBaseDefinition } from '../../workflows/collection/definitions.ts';
import { documentCommand } from './commands.ts';
import type { Examination } from './examine-system.ts';
import { foldersByPath, knownDocuments, type KnownDocument } from './known-documents.ts';

/** The index against the manifest: what was refused, what is not there, what should be gone. */
export async function examineKnowledge(examination: Examination): Promise<void> {
  const bases = new Map(
    examination.definitions.map(({ knowledgeBase: one }) => [
      `${one.knowledgeBaseId}/${one.dataSourceId}`,
      one,
    ]),
  );
  for (const base of bases.values()) await examineDataSource(base, examination);
}

async function examineDataSource(
  base: KnowledgeBaseDefinition,
  examination: Examination,
): Promise<void> {
  const { deps, folders, findings, looked, signal } = examination;
  const { knowledgeBaseId, dataSourceId, bucket } = base;
  const call = { knowledgeBaseId, dataSourceId, signal };
  const isBehind = await isChanging(base, examination);
  if (isBehind)
    findings.note(
      `Knowledge base "${base.id}" has changes to take or is taking them: only what it refused was looked at.`,
    );
  // Twelve digits tell documents apart and take a tenth of the memory of their keys.
  const indexed = new Set<string>();
  const states = counted(deps.knowledge.listDocuments(call), () => (looked.indexed += 1));
  const places = { bucket, byPath: foldersByPath(folders, bucket) };
  for await (const known of knownDocuments(states, places, deps.db)) {
    if (known.state.outcome !== 'gone') indexed.add(nameOf(known.folder, known.prefix));
    judge(known, { base, isBehind }, examination);
  }
  if (!isBehind) await examineUnindexed(base, indexed, examination);
}

/** While it is behind, what is missing is only late. */
async function isChanging(
  base: KnowledgeBaseDefinition,
  { deps, signal }: Examination,
): Promise<boolean> {
  const { knowledgeBaseId, dataSourceId } = base;
  const waiting = await readWaitingDataSources(deps.db);
  if (waiting.some((one) => isSame(one, base))) return true;
  const running = await deps.knowledge.findRunningIngestion({
    knowledgeBaseId,
    dataSourceId,
    signal,
  });
  return running !== undefined;
}

type DataSource = Pick<KnowledgeBaseDefinition, 'knowledgeBaseId' | 'dataSourceId'>;

function isSame(one: DataSource, other: DataSource): boolean {
  return one.knowledgeBaseId === other.knowledgeBaseId && one.dataSourceId === other.dataSourceId;
}

async function* counted(
  states: AsyncIterable<IndexedState>,
  count: () => void,
): AsyncGenerator<IndexedState> {
  for await (const state of states) {
    count();
    yield state;
  }
}

function judge(
  { state, folder: { source }, key, row }: KnownDocument,
  { base, isBehind }: { readonly base: KnowledgeBaseDefinition; readonly isBehind: boolean },
  { findings }: Examination,
): void {
  if (!row) return;
  const place = `"s3://${base.bucket}/${key}"`;
  if (row.state === 'live' && state.outcome === 'failed')
    findings.add('document-refused', {
      what: `Knowledge base "${base.id}" could not index "${row.docId}" of source "${source}" (${place}): ${state.status}${state.reason ? `, "${state.reason}"` : ''}.`,
      mend: `${documentCommand('reindex', source, row.docId)} lets it try again.`,
      source,
    });
  if (row.state === 'deleted' && state.outcome === 'indexed' && !isBehind)
    findings.add('document-lingering', {
      what: `"${row.docId}" of source "${source}" was deleted, but knowledge base "${base.id}" still has ${place}.`,
      mend: `${documentCommand('reindex', source, row.docId)} takes it out.`,
      source,
    });
}

async function examineUnindexed(
  { id, bucket, prefix }: KnowledgeBaseDefinition,
  indexed: ReadonlySet<string>,
  { deps, folders, findings }: Examination,
): Promise<void> {
  const root = prefix === '' ? '' : `${prefix}/`;
  for (const folder of folders) {
    if (folder.bucket !== bucket || !folder.folder.startsWith(root)) continue;
    for await (const row of readExaminedRows(deps.db, folder, folder)) {
      if (row.state !== 'live' || indexed.has(nameOf(folder, row.hash))) continue;
      findings.add('document-unindexed', {
        what: `"${row.docId}" of source "${folder.source}" lies at "s3://${bucket}/${row.key}", but knowledge base "${id}" does not have it.`,
        mend: `${documentCommand('reindex', folder.source, row.docId)} makes it read it.`,
        source: folder.source,
      });
    }
  }
}

function nameOf({ tenant, source }: ManifestFolder, hash: string): string {
  return `${tenant}/${source}/${hash.slice(0, 12)}`;
}
