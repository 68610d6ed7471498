type StoredRecord = Readonly<Record<string, unknown>>;

export interface ComparedValue {
  readonly field: string;
  readonly same: boolean;
}

/**
 * Each value of these fields, as it was and as it is. Records of a list are matched by their `id` or `url`; of a page there is one. What was
 * not there before is not compared. Pure and total.
 */
export function compareRecords(
  before: readonly StoredRecord[],
  after: readonly StoredRecord[],
  fields: readonly string[],
): readonly ComparedValue[] {
  const known = new Map(before.map((record, index) => [nameOf(record, index), record]));
  return after.flatMap((record, index) => {
    const old = known.get(nameOf(record, index));
    if (old === undefined) return [];
    return fields
      .filter((field) => old[field] !== undefined)
      .map((field) => ({
        field,
        same: JSON.stringify(old[field]) === JSON.stringify(record[field]),
      }));
  });
}

function nameOf(record: StoredRecord, index: number): string {
  const name = record['id'] ?? record['url'];
  return name === undefined ? `#${index}` : JSON.stringify(name);
}
