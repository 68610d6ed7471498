import type {
  ExtractedRecord,
  ExtractionSpec,
  FieldValue,
} from '../../../workflows/collection/extraction-spec.ts';
import type { EvidencePage, EvidenceView, GoodSample } from '../contract.ts';
import { bareValue } from '../evidence/same-value.ts';

/** Records of the last good pages, those of the same address first, each once: lists shift, and what stood on page 2 may stand on page 1. */
export function knownRecords(
  { spec, good }: EvidenceView,
  page: EvidencePage,
): readonly ExtractedRecord[] {
  const ordered = [
    ...good.filter(({ url }) => url === page.url),
    ...good.filter(({ url }) => url !== page.url),
  ];
  const key = keyOf(spec, good);
  const seen = new Set<string>();
  const found: ExtractedRecord[] = [];
  for (const { records } of ordered) {
    const fresh = records.filter((record) => !seen.has(textOf(record, key, spec)));
    for (const record of fresh) seen.add(textOf(record, key, spec));
    found.push(...fresh);
  }
  return found.slice(0, MAX_RECORDS);
}

/** How many records a page usually has: of the same address, else of any. */
export function usualCount({ good }: EvidenceView, page: EvidencePage): number {
  const same = good.filter(({ url, records }) => url === page.url && records.length > 0);
  const counts = (same.length > 0 ? same : good)
    .map(({ records }) => records.length)
    .filter((count) => count > 0)
    .toSorted((a, b) => a - b);
  return counts[counts.length >> 1] ?? 0;
}

/** All values of a reading. */
export function listOf(
  value: FieldValue | readonly FieldValue[] | undefined,
): readonly FieldValue[] {
  if (value === undefined) return [];
  return typeof value === 'object' ? value : [value];
}

const MAX_RECORDS = 300;
const KEY_TYPES: readonly string[] = ['url', 'text', 'integer', 'number'];

/** The field whose values differ most. */
function keyOf({ fields }: ExtractionSpec, good: readonly GoodSample[]): string | undefined {
  const newest = good.find(({ records }) => records.length > 0);
  const names = Object.keys(fields)
    .filter(
      (name) => KEY_TYPES.includes(fields[name]?.type ?? '') && fields[name]?.cardinality === 'one',
    )
    .map((name) => ({
      name,
      distinct: new Set(newest?.records.map((record) => record[name])).size,
      rank: KEY_TYPES.indexOf(fields[name]?.type ?? ''),
    }))
    .toSorted((a, b) => b.distinct - a.distinct || a.rank - b.rank);
  return names[0]?.name;
}

function textOf(
  record: ExtractedRecord,
  key: string | undefined,
  { fields }: ExtractionSpec,
): string {
  const [value] = listOf(key === undefined ? undefined : record[key]);
  return value === undefined
    ? JSON.stringify(record)
    : bareValue(value, (key === undefined ? undefined : fields[key]?.type) ?? 'text');
}
