import type { IndexedState } from '../../adapters/aws/knowledge-documents.ts';
import {
  readExaminedRows,
  readRowsByPrefix,
  readWaitingDataSources,
  type ExaminedRow,
  type ManifestFolder,
} from '../../adapters/postgres/examinations.ts';
import type { KnowledgeBaseDefinition } from '../../workflows/collection/definitions.ts';
import { documentCommand } from './commands.ts';
import type { Examination } from './examine-system.ts';

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

const BATCH = 500;

async function examineDataSource(
  base: KnowledgeBaseDefinition,
  examination: Examination,
): Promise<void> {
  const { deps, findings, signal } = examination;
  const { knowledgeBaseId, dataSourceId } = base;
  const call = { knowledgeBaseId, dataSourceId, signal };
  const waiting = await readWaitingDataSources(deps.db);
  const running = await deps.knowledge.findRunningIngestion(call);
  const isBehind = running !== undefined || waiting.some((one) => isSame(one, base));
  if (isBehind)
    findings.note(
      `Knowledge base "${base.id}" has changes to take or is taking them: only what it refused was looked at.`,
    );
  const comparison = openComparison(base, examination, isBehind);
  let batch: IndexedState[] = [];
  for await (const state of deps.knowledge.listDocuments(call)) {
    batch.push(state);
    if (batch.length < BATCH) continue;
    await comparison.meet(batch);
    batch = [];
  }
  await comparison.meet(batch);
  await comparison.end();
}

function isSame(one: DataSource, other: DataSource): boolean {
  return one.knowledgeBaseId === other.knowledgeBaseId && one.dataSourceId === other.dataSourceId;
}

type DataSource = Pick<KnowledgeBaseDefinition, 'knowledgeBaseId' | 'dataSourceId'>;

function openComparison(
  base: KnowledgeBaseDefinition,
  examination: Examination,
  isBehind: boolean,
) {
  const { folders, findings, looked, deps } = examination;
  const { bucket } = base;
  const root = base.prefix === '' ? '' : `${base.prefix}/`;
  const own = folders.filter((one) => one.bucket === bucket && one.folder.startsWith(root));
  const byPath = new Map(own.map((one) => [one.folder, one]));
  // Twelve digits tell documents apart and take a tenth of the memory of their keys.
  const indexed = new Set<string>();
  return {
    async meet(states: readonly IndexedState[]): Promise<void> {
      looked.indexed += states.length;
      const known = states.flatMap((state) => placed(state, bucket, byPath));
      for (const [folder, members] of Map.groupBy(known, (one) => one.folder)) {
        const prefixes = members.map(({ prefix }) => prefix);
        const rows = await readRowsByPrefix(deps.db, folder, prefixes);
        const byKey = new Map(rows.map((row) => [row.key, row]));
        for (const { state, key, prefix } of members) {
          if (state.outcome !== 'gone') indexed.add(nameOf(folder, prefix));
          judge(state, { folder, key, row: byKey.get(key) });
        }
      }
    },
    async end(): Promise<void> {
      if (isBehind) return;
      for (const folder of own)
        for await (const row of readExaminedRows(deps.db, folder, folder)) {
          if (row.state !== 'live' || indexed.has(nameOf(folder, row.hash))) continue;
          findings.add('document-unindexed', {
            what: `"${row.docId}" of source "${folder.source}" lies at "s3://${row.bucket}/${row.key}", but knowledge base "${base.id}" does not have it.`,
            mend: `${documentCommand('reindex', folder.source, row.docId)} makes it read it.`,
            source: folder.source,
          });
        }
    },
  };

  function judge(
    state: IndexedState,
    { folder, key, row }: { folder: ManifestFolder; key: string; row: ExaminedRow | undefined },
  ): void {
    const { source } = folder;
    const place = `"s3://${bucket}/${key}"`;
    if (row?.state === 'live' && state.outcome === 'failed')
      findings.add('document-refused', {
        what: `Knowledge base "${base.id}" could not index "${row.docId}" of source "${source}" (${place}): ${state.status}${state.reason ? `, "${state.reason}"` : ''}.`,
        mend: `${documentCommand('reindex', source, row.docId)} lets it try again.`,
        source,
      });
    if (row?.state === 'deleted' && state.outcome === 'indexed' && !isBehind)
      findings.add('document-lingering', {
        what: `"${row.docId}" of source "${source}" was deleted, but knowledge base "${base.id}" still has ${place}.`,
        mend: `${documentCommand('reindex', source, row.docId)} takes it out.`,
        source,
      });
  }
}

interface PlacedState {
  readonly state: IndexedState;
  readonly folder: ManifestFolder;
  readonly key: string;
  /** The first 32 digits of the document's hash. */
  readonly prefix: string;
}

/** A document of the index that lies where one of ours could. */
function placed(
  state: IndexedState,
  bucket: string,
  byPath: ReadonlyMap<string, ManifestFolder>,
): readonly PlacedState[] {
  const start = `s3://${bucket}/`;
  if (!state.uri.startsWith(start)) return [];
  const key = state.uri.slice(start.length);
  const folder = byPath.get(key.replace(/[^/]*\/[^/]*$/, ''));
  const prefix = /([0-9a-f]{32})\.[^/]*$/.exec(key)?.[1];
  return folder && prefix ? [{ state, folder, key, prefix }] : [];
}

function nameOf({ tenant, source }: ManifestFolder, hash: string): string {
  return `${tenant}/${source}/${hash.slice(0, 12)}`;
}
