import type { ListedObject } from '../../adapters/aws/list-objects.ts';
import {
  isStaleObject,
  readExaminedRows,
  readRowsByPrefix,
  type ExaminedRow,
  type ManifestFolder,
} from '../../adapters/postgres/examinations.ts';
import type { FindingKind } from '../../workflows/collection/examination.ts';
import { sidecarKey } from '../collection/identity.ts';
import { documentCommand } from './commands.ts';
import type { Examination } from './examine-system.ts';

/** The rows of one folder, met by its objects in the order of their keys. */
export interface FolderComparison {
  meet(object: ListedObject): Promise<void>;
  /** What is still expected is missing. */
  end(): Promise<void>;
}

/** One object that a row names. */
interface Expected {
  readonly part: 'content' | 'sidecar';
  readonly key: string;
  readonly etag: string | null;
  readonly row: ExaminedRow;
}

/** Rows are read a page at a time, from the first object on. */
export function openFolder(folder: ManifestFolder, examination: Examination): FolderComparison {
  const { deps, looked } = examination;
  const rows = readExaminedRows(deps.db, folder, folder);
  const expected = expectations(rows, () => {
    looked.documents += 1;
  });
  const advance = async (): Promise<Expected | undefined> => {
    const result = await expected.next();
    return result.done ? undefined : result.value;
  };
  let first: Promise<Expected | undefined> | undefined;
  let next: Expected | undefined;
  const begin = async (): Promise<void> => {
    if (first) return;
    first = advance();
    next = await first;
  };
  return {
    async meet(object) {
      await begin();
      for (let one = next; one && isBefore(one.key, object.key); one = next) {
        await missing(one, folder, examination);
        next = await advance();
      }
      if (next?.key === object.key) {
        await compare(next, object, folder, examination);
        next = await advance();
      } else await unknown(object, folder, examination);
    },
    async end() {
      await begin();
      for (let one = next; one; one = await advance()) await missing(one, folder, examination);
    },
  };
}

async function* expectations(
  rows: AsyncIterable<ExaminedRow>,
  onRow: () => void,
): AsyncGenerator<Expected> {
  for await (const row of rows) {
    onRow();
    yield { part: 'content', key: row.key, etag: row.contentEtag, row };
    yield { part: 'sidecar', key: sidecarKey(row.key), etag: row.sidecarEtag, row };
  }
}

/** In the order of UTF-8, as S3 lists. */
function isBefore(one: string, other: string): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;
}

/** A deletion under way may have removed it, and a deleted one has to be missing. */
async function missing(
  expected: Expected,
  folder: ManifestFolder,
  examination: Examination,
): Promise<void> {
  if (expected.row.state !== 'live') return;
  await report(expected, { folder, kind: `${expected.part}-missing` }, examination);
}

async function compare(
  expected: Expected,
  object: ListedObject,
  folder: ManifestFolder,
  examination: Examination,
): Promise<void> {
  const { state } = expected.row;
  if (state === 'deleted') await report(expected, { folder, kind: 'object-leftover' }, examination);
  else if (state === 'live' && expected.etag !== object.etag)
    await report(expected, { folder, kind: `${expected.part}-changed` }, examination);
}

interface Suspicion {
  readonly folder: ManifestFolder;
  readonly kind: Extract<
    FindingKind,
    | 'content-missing'
    | 'content-changed'
    | 'sidecar-missing'
    | 'sidecar-changed'
    | 'object-leftover'
  >;
}

async function report(
  expected: Expected,
  { folder, kind }: Suspicion,
  examination: Examination,
): Promise<void> {
  const { findings } = examination;
  if (!(await isStillSo(expected, { folder, kind }, examination))) return;
  const { row, part } = expected;
  const place = `s3://${row.bucket}/${expected.key}`;
  const about = `"${row.docId}" of source "${folder.source}"`;
  const sentences = {
    'content-missing': `The object of ${about} is missing: "${place}".`,
    'sidecar-missing': `The sidecar of ${about} is missing: "${place}".`,
    'content-changed': `The object of ${about} is not the version that was stored: "${place}".`,
    'sidecar-changed': `The sidecar of ${about} is not the version that was stored: "${place}".`,
    'object-leftover': `${about} was deleted, but its ${part} still lies at "${place}".`,
  };
  findings.add(kind, {
    what: sentences[kind],
    mend:
      kind === 'object-leftover'
        ? `Delete it: "aws s3 rm '${place}'"; the next job takes it out of the knowledge base.`
        : `${documentCommand('reindex', folder.source, row.docId, '--reread')} reads the source again and writes it anew.`,
    source: folder.source,
  });
}

/** So many findings of a kind get a second look; beyond them it is no race with a run, but a rule. */
const SECOND_LOOKS = 200;

/** A run may have written between the two listings: row and object are looked at once more, in this order. */
async function isStillSo(
  { row, key, etag, part }: Expected,
  { folder, kind }: Suspicion,
  { deps, findings, signal }: Examination,
): Promise<boolean> {
  if (findings.totalOf(kind) >= SECOND_LOOKS) return true;
  const head = await deps.objects.head({ bucket: row.bucket, key, signal });
  const [now] = await readRowsByPrefix(deps.db, folder, [row.hash]);
  const nowEtag = part === 'content' ? now?.contentEtag : now?.sidecarEtag;
  if (now?.state !== row.state || now.key !== row.key || nowEtag !== etag) return false;
  if (kind === 'object-leftover') return head !== undefined;
  return kind.endsWith('missing') ? head === undefined : head?.etag !== etag;
}

async function unknown(
  object: ListedObject,
  folder: ManifestFolder,
  { deps, findings, signal }: Examination,
): Promise<void> {
  const { bucket, source } = folder;
  const { key } = object;
  if (findings.totalOf('object-unknown') < SECOND_LOOKS) {
    const prefix = /([0-9a-f]{32})\.[^/]*$/.exec(key)?.[1];
    const rows = prefix ? await readRowsByPrefix(deps.db, folder, [prefix]) : [];
    const isNamed = rows.some((row) => row.key === key || sidecarKey(row.key) === key);
    if (isNamed || (await isStaleObject(deps.db, { bucket, key }))) return;
    if (!(await deps.objects.head({ bucket, key, signal }))) return;
  }
  findings.add('object-unknown', {
    what: `"s3://${bucket}/${key}" lies in the folder of source "${source}", but belongs to no document of it.`,
    mend: `A run that is under way may name it soon. Else delete it: "aws s3 rm 's3://${bucket}/${key}'".`,
    source,
  });
}
