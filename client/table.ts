import { clean, displayWidth, truncate } from './text.ts';
import type { Paint } from './terminal.ts';

/** One cell: its raw text, which the table cleans, and how it is painted. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be shortened down to this many columns when the terminal is narrow. Absent: always whole, for what people copy. */
  readonly shrinkTo?: number;
}

export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** How the head is painted. */
  readonly head: Paint;
}

const GAP = '  ';

/** Lines of a table with a head: columns as wide as their widest cell; the ones that may shrink give way to the terminal's width. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, head }: TableOptions,
): string {
  const texts = rows.map((row) =>
    row.map((cell) => clean(typeof cell === 'string' ? cell : cell.text)),
  );
  const natural = columns.map(({ title }, at) =>
    Math.max(displayWidth(title), ...texts.map((row) => displayWidth(row[at] ?? ''))),
  );
  const widths = fitted(columns, natural, width - GAP.length * (columns.length - 1));
  const line = (cells: readonly string[], paints: readonly (Paint | undefined)[]): string =>
    columns
      .map((column, at) => padded(cells[at] ?? '', widths[at] ?? 0, { column, paint: paints[at] }))
      .join(GAP)
      .trimEnd();
  const painted = rows.map((row) =>
    row.map((cell) => (typeof cell === 'string' ? undefined : cell.paint)),
  );
  return [
    line(
      columns.map(({ title }) => title),
      columns.map(() => head),
    ),
    ...texts.map((row, at) => line(row, painted[at] ?? [])),
  ].join('\n');
}

/** The widest column that may shrink gives way first, one column at a time. */
function fitted(
  columns: readonly Column[],
  natural: readonly number[],
  room: number,
): readonly number[] {
  const widths = [...natural];
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const candidates = columns.flatMap(({ shrinkTo }, at) =>
      shrinkTo !== undefined && (widths[at] ?? 0) > shrinkTo ? [at] : [],
    );
    const [widest] = candidates.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

interface Placing {
  readonly column: Column;
  readonly paint: Paint | undefined;
}

function padded(text: string, width: number, { column, paint }: Placing): string {
  const shown = truncate(text, width);
  const space = ' '.repeat(Math.max(0, width - displayWidth(shown)));
  const painted = paint ? paint(shown) : shown;
  return column.align === 'right' ? `${space}${painted}` : `${painted}${space}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
