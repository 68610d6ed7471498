import { z } from 'zod';
import type { Objects } from '../../adapters/aws/objects.ts';
import { getEvidence } from '../../adapters/evidence/evidence-store.ts';
import { decodeText } from '../../adapters/extraction/charset.ts';
import type { EvidenceRow } from '../../adapters/postgres/evidence-pages.ts';
import type {
  ExtractedRecord,
  ExtractionSpec,
} from '../../workflows/collection/extraction-spec.ts';
import { concurrently } from '../collection/concurrently.ts';
import type { EvidencePage } from '../strategies/contract.ts';
import { isAway } from './is-away.ts';

/** A kept page with its body, as it was received. */
export interface OpenedPage extends EvidencePage {
  readonly row: EvidenceRow;
  readonly records: readonly ExtractedRecord[];
}

export interface OpenedBodies {
  /** In the order of the rows. */
  readonly pages: readonly OpenedPage[];
  /** What is cut, damaged, gone or too much, as sentences. */
  readonly notes: readonly string[];
}

interface Opening {
  readonly objects: Pick<Objects, 'get'>;
  /** How the bodies are decoded. */
  readonly spec: ExtractionSpec;
  readonly signal: AbortSignal;
}

/** Reads the bodies of these rows, the first ones first, until they weigh too much. What is gone or damaged is left out and said. @throws Unavailable - S3 is away. */
export async function openBodies(
  rows: readonly EvidenceRow[],
  opening: Opening,
): Promise<OpenedBodies> {
  const found = new Map<EvidenceRow, OpenedPage>();
  const notes: string[] = [];
  let bytes = 0;
  await concurrently(rows, READ_AT_ONCE, async (row) => {
    if (bytes > MAX_BYTES) return;
    const opened = await openOne(row, opening);
    if ('note' in opened) {
      notes.push(opened.note);
      return;
    }
    bytes += opened.body.length;
    found.set(row, opened);
  });
  if (bytes > MAX_BYTES)
    notes.push(`Only ${found.size} of ${rows.length} kept pages were read: they are too large.`);
  const pages = rows.flatMap((row) => found.get(row) ?? []);
  return { pages, notes: notes.toSorted() };
}

const READ_AT_ONCE = 8;
const MAX_BYTES = 64 * 1024 * 1024;

const Values = z.object({
  records: z.array(
    z.record(
      z.string(),
      z.union([
        z.string(),
        z.number(),
        z.boolean(),
        z.array(z.union([z.string(), z.number(), z.boolean()])),
      ]),
    ),
  ),
  droppedRecords: z.exactOptional(z.number()),
});

async function openOne(
  row: EvidenceRow,
  { objects, spec, signal }: Opening,
): Promise<OpenedPage | { readonly note: string }> {
  const { facts, bucket } = row;
  const { url, finalUrl, status, contentType, rendered, cut } = facts;
  if (cut !== undefined)
    return {
      note: `The body of "${url}" was cut by ${cut.droppedBytes} bytes (the whole had sha256 ${cut.sha256}), so it is not used.`,
    };
  try {
    const [bytes, values] = await Promise.all([
      getEvidence(objects, { bucket, key: row.bodyKey }, signal),
      getEvidence(objects, { bucket, key: row.valuesKey }, signal),
    ]);
    const { records } = Values.parse(JSON.parse(values.toString('utf8')));
    const label = rendered ? undefined : spec.decode?.charset;
    const decodedAs = label === undefined ? contentType : `text/html; charset=${label}`;
    const body = decodeText(bytes, decodedAs || undefined);
    const page = { url, finalUrl, status, contentType, body, records, row };
    return rendered ? page : { ...page, bytes };
  } catch (error) {
    signal.throwIfAborted();
    // A body that cannot be read now is no body that is gone.
    if (isAway(error)) throw error;
    return { note: `The body of "${url}" cannot be used: ${(error as Error).message}` };
  }
}
