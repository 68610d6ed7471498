import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { writeAtomically } from './records.ts';

const StoredDocument = z.object({
  uri: z.string(),
  status: z.enum([
    'INDEXED',
    'PARTIALLY_INDEXED',
    'PENDING',
    'STARTING',
    'IN_PROGRESS',
    'FAILED',
    'IGNORED',
    'DELETING',
  ]),
  statusReason: z.exactOptional(z.string()),
  /** Of the object that was read; `null` as long as none was. */
  etag: z.nullable(z.string()),
  /** `null` without a sidecar. */
  sidecarEtag: z.nullable(z.string()),
  attributes: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()]),
  ),
  /** Searched with each passage, but not shown. */
  embedded: z.array(z.string()).readonly(),
  /** None: the document cannot be found. */
  passages: z.array(z.string()).readonly(),
  /** Of the record that each passage comes from, where the file has records. */
  passageAttributes: z.exactOptional(z.array(z.record(z.string(), z.string())).readonly()),
  updatedAt: z.number(),
  /** The job that made this state, and what it did: a job that is resumed after a kill counts it again. */
  job: z.exactOptional(z.object({ id: z.string(), did: z.array(z.string()).readonly() })),
});
export type StoredDocument = z.infer<typeof StoredDocument>;

/**
 * The documents of one data source: all in memory, each change appended to one NDJSON file before the call returns.
 * A line that a kill cut short is dropped. The file is rewritten when it is opened and mostly holds old states.
 */
export interface Shelf {
  get(uri: string): StoredDocument | undefined;
  /** In the order in which they first came. */
  all(): readonly StoredDocument[];
  put(document: StoredDocument): void;
  /** `jobId`: on whose behalf; `removedBy` counts it. */
  remove(uri: string, jobId?: string): void;
  removedBy(jobId: string): number;
  close(): void;
  /** Closes, and deletes the file. */
  destroy(): void;
}

export function openShelf(path: string): Shelf {
  const { documents, removals, lines } = readShelf(path);
  if (lines > 2 * (documents.size + removals.size) + MIN_OLD_LINES) {
    writeAtomically(path, [...documents.values()].map((document) => toLine(document)).join(''));
    removals.clear();
  }
  const file = openSync(path, 'a');
  let open = true;
  function close(): void {
    if (open) closeSync(file);
    open = false;
  }
  return {
    get: (uri) => documents.get(uri),
    all: () => [...documents.values()],
    put(document) {
      if (!open) return;
      writeSync(file, toLine(document));
      documents.set(document.uri, document);
    },
    remove(uri, jobId = '') {
      if (!open) return;
      writeSync(file, toLine({ removed: uri, jobId }));
      documents.delete(uri);
      countRemoval(removals, jobId);
    },
    removedBy: (jobId) => removals.get(jobId) ?? 0,
    close,
    destroy() {
      close();
      rmSync(path, { force: true });
    },
  };
}

const MIN_OLD_LINES = 1000;

const Removal = z.object({ removed: z.string(), jobId: z.string() });
type Removal = z.infer<typeof Removal>;

interface ReadShelf {
  readonly documents: Map<string, StoredDocument>;
  readonly removals: Map<string, number>;
  readonly lines: number;
}

function readShelf(path: string): ReadShelf {
  const documents = new Map<string, StoredDocument>();
  const removals = new Map<string, number>();
  const content = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const whole = content.slice(0, content.lastIndexOf('\n') + 1);
  if (whole.length < content.length) writeAtomically(path, whole);
  const lines = whole.split('\n').filter((line) => line !== '');
  for (const line of lines) {
    const entry = z.union([Removal, StoredDocument]).parse(JSON.parse(line));
    if ('removed' in entry) {
      documents.delete(entry.removed);
      countRemoval(removals, entry.jobId);
    } else documents.set(entry.uri, entry);
  }
  return { documents, removals, lines: lines.length };
}

function countRemoval(removals: Map<string, number>, jobId: string): void {
  removals.set(jobId, (removals.get(jobId) ?? 0) + 1);
}

function toLine(entry: StoredDocument | Removal): string {
  return `${JSON.stringify(entry)}\n`;
}
