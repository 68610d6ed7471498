import { clean, displayWidth, truncate, wrap } from './text.ts';
import type { Paint } from './terminal.ts';

/** One cell: its raw text, which the table cleans, and how it is painted. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be shortened down to this many columns when the terminal is narrow. Absent: always whole, for what people copy. */
  readonly shrinkTo?: number;
  /** Left out on terminals narrower than this. */
  readonly dropBelow?: number;
}

export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** How the head is painted. */
  readonly head: Paint;
}

const GAP = '  ';

/**
 * Lines of a table with a head: columns as wide as their widest cell; the ones that may shrink give way to the terminal's width. Where even
 * that is too wide, each row becomes a block: its first cell, and the others below it with their titles.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, head }: TableOptions,
): string {
  const kept = columns.flatMap(({ dropBelow = 0 }, at) => (width >= dropBelow ? [at] : []));
  const shown = kept.flatMap((at) => columns[at] ?? []);
  const headCells = shown.map(({ title }) => ({ text: title, paint: head }));
  const cells = rows.map((row) => kept.map((at) => cellOf(row[at] ?? '')));
  const lines = [headCells, ...cells];
  const natural = shown.map((_, at) =>
    Math.max(...lines.map((line) => displayWidth(line[at]?.text ?? ''))),
  );
  const room = width - GAP.length * (shown.length - 1);
  const widths = fitted(shown, natural, room);
  if (sum(widths) > room && shown.length > 1) return blocks(shown, cells, { width, head });
  return lines.map((line) => lineText(line, shown, widths)).join('\n');
}

/** What does not fit beside each other goes below each other. */
function blocks(
  columns: readonly Column[],
  rows: readonly (readonly CleanCell[])[],
  { width, head }: TableOptions,
): string {
  const [, ...rest] = columns.map(({ title }) => title);
  const titleWidth = Math.max(...rest.map((title) => displayWidth(title)));
  const line = (cell: CleanCell | undefined, title: string): readonly string[] => {
    if (!cell || cell.text === '') return [];
    const space = ' '.repeat(titleWidth - displayWidth(title));
    const start = GAP.length + titleWidth + GAP.length;
    const [first = '', ...more] = wrap(cell.text, Math.max(MIN_VALUE, width - start));
    return [
      `${GAP}${head(title)}${space}${GAP}${cell.paint(first)}`,
      ...more.map((text) => `${' '.repeat(start)}${cell.paint(text)}`),
    ];
  };
  return rows
    .map(([name, ...cells]) =>
      [
        ...wrap(name?.text ?? '', width).map((text) => name?.paint(text) ?? ''),
        ...cells.flatMap((cell, at) => line(cell, rest[at] ?? '')),
      ].join('\n'),
    )
    .join('\n');
}

/** Below this a value is not readable; then the terminal may break the line. */
const MIN_VALUE = 10;

interface CleanCell {
  readonly text: string;
  readonly paint: Paint;
}

function cellOf(cell: Cell): CleanCell {
  if (typeof cell === 'string') return { text: clean(cell), paint: (text) => text };
  return { text: clean(cell.text), paint: cell.paint };
}

function lineText(
  cells: readonly CleanCell[],
  columns: readonly Column[],
  widths: readonly number[],
): string {
  return cells
    .map(({ text, paint }, at) => {
      const room = widths[at] ?? 0;
      const shown = truncate(text, room);
      const space = ' '.repeat(Math.max(0, room - displayWidth(shown)));
      return columns[at]?.align === 'right' ? `${space}${paint(shown)}` : `${paint(shown)}${space}`;
    })
    .join(GAP)
    .trimEnd();
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
