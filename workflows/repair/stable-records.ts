type StoredRecord = Readonly<Record<string, unknown>>;

export interface ComparedValue {
  readonly field: string;
  readonly same: boolean;
}

/**
 * Each value of these fields, as it was and as it is, of two states of a page. Records are matched by their `id` or `url`, else by their place. What
 * was not there before is not compared. Pure and total.
 */
export function compareRecords(
  before: readonly StoredRecord[],
  after: readonly StoredRecord[],
  fields: readonly string[],
): readonly ComparedValue[] {
  const known = new Map(named(before));
  return named(after).flatMap(([name, record]) => compared(known.get(name), record, fields));
}

/**
 * The same of two readings of one body: as many records stand in the same places, so that an `id` or `url` that is read otherwise is
 * a changed value, and no other record.
 */
export function compareReadings(
  before: readonly StoredRecord[],
  after: readonly StoredRecord[],
  fields: readonly string[],
): readonly ComparedValue[] {
  if (before.length !== after.length) return compareRecords(before, after, fields);
  return after.flatMap((record, index) => compared(before[index], record, fields));
}

/** Records that share a name, such as the page that they all link to, count on. */
function named(records: readonly StoredRecord[]): readonly (readonly [string, StoredRecord])[] {
  const seen = new Map<string, number>();
  return records.map((record, index) => {
    const own = record['id'] ?? record['url'];
    const name = own === undefined ? `#${index}` : JSON.stringify(own);
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return [times === 0 ? name : `${name}#${times}`, record];
  });
}

function compared(
  old: StoredRecord | undefined,
  record: StoredRecord,
  fields: readonly string[],
): readonly ComparedValue[] {
  if (old === undefined) return [];
  return fields
    .filter((field) => old[field] !== undefined)
    .map((field) => ({
      field,
      same: JSON.stringify(old[field]) === JSON.stringify(record[field]),
    }));
}
