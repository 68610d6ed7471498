import type { DatabaseConfig } from './config.ts';
import type { Cell } from './dialect.ts';
import type { Values } from './row.ts';

/** Why a row that is still there counts as deleted; undefined where it does not. */
export function deletionMark({ deleted }: DatabaseConfig, values: Values): string | undefined {
  if (!deleted) return undefined;
  const cell = values.get(deleted.column) ?? null;
  const isMarked = deleted.value === undefined ? isSet(cell) : holds(cell, deleted.value);
  return isMarked ? `Column "${deleted.column}" marks the row as deleted.` : undefined;
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'float']);

/** MySQL writes "no time" as the zero date where a column may not be NULL. */
const ZERO_DATE = /^0000-00-00/u;

function isSet(cell: Cell): boolean {
  if (!cell) return false;
  if (cell.kind === 'boolean') return isTrue(cell.text);
  if (NUMBERS.has(cell.kind)) return Number(cell.text) !== 0;
  return cell.text.trim() !== '' && !ZERO_DATE.test(cell.text);
}

/** Compared as a person would write it: `true` is also the 1 of a database without booleans, and CHAR columns come with blanks. */
function holds(cell: Cell, value: string | number | boolean): boolean {
  if (!cell) return false;
  if (cell.kind === 'boolean') return String(isTrue(cell.text)) === String(value);
  if (typeof value === 'boolean') return NUMBERS.has(cell.kind) && isSet(cell) === value;
  if (NUMBERS.has(cell.kind)) return Number(cell.text) === Number(value);
  return cell.text.trimEnd() === String(value);
}

function isTrue(text: string): boolean {
  return text === 't' || text === 'true';
}
