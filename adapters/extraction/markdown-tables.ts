import type TurndownService from 'turndown';

/**
 * Tables as GFM for turndown. Cells that span rows or columns are repeated, so that each row can be read alone; tables that only
 * lay a page out (one column, tables or code inside) become paragraphs.
 * Needs nothing of the DOM but attributes: linkedom has no `table.rows`.
 */
export function markdownTables(service: TurndownService): void {
  service.addRule('tableCell', {
    filter: ['th', 'td'],
    replacement: (content, node) => markCell(content, node),
  });
  service.addRule('tableRow', { filter: 'tr', replacement: (content) => `${ROW}${content}` });
  service.addRule('tableParts', {
    filter: ['thead', 'tbody', 'tfoot'],
    replacement: (content) => content,
  });
  service.addRule('tableColumns', { filter: ['colgroup', 'col'], replacement: () => '' });
  service.addRule('tableCaption', {
    filter: ['caption'],
    replacement: (content) => `${CAPTION}${content}${CAPTION}`,
  });
  service.addRule('table', {
    filter: 'table',
    replacement: (content) => `\n\n${renderTable(content)}\n\n`,
  });
}

interface Cell {
  readonly nodeName: string;
  getAttribute(name: string): string | null;
}

interface MarkedCell {
  readonly columns: number;
  readonly rows: number;
  readonly heading: boolean;
  readonly text: string;
}

/** Noncharacters, which no page may contain: they carry the structure from the cells to the table. */
const ROW = '\uFDD0';
const CELL = '\uFDD1';
const TEXT = '\uFDD2';
const CAPTION = '\uFDD3';
const MARKS = /[\uFDD0-\uFDD3]/g;

function markCell(content: string, node: Cell): string {
  const heading = node.nodeName === 'TH' ? 1 : 0;
  const spans = `${span(node, 'colspan', 50)},${span(node, 'rowspan', 500)}`;
  return `${CELL}${spans},${heading}${TEXT}${content.replace(MARKS, '')}`;
}

function span(node: Cell, name: string, most: number): number {
  const value = Number.parseInt(node.getAttribute(name) ?? '1', 10);
  return value >= 1 ? Math.min(value, most) : 1;
}

function renderTable(content: string): string {
  const parts = content.split(CAPTION);
  const caption = parts.length === 3 ? (parts[1] ?? '').trim() : '';
  const rows = (parts.length === 3 ? `${parts[0]}${parts[2]}` : content)
    .split(ROW)
    .slice(1)
    .map((row) => row.split(CELL).slice(1).map(readCell))
    .filter((row) => row.length > 0);
  const body = isLayout(rows) ? asParagraphs(rows) : asGrid(rows);
  return [caption, body].filter((part) => part !== '').join('\n\n');
}

function readCell(marked: string): MarkedCell {
  const [head = '', text = ''] = marked.split(TEXT);
  const [columns = 1, rows = 1, heading = 0] = head.split(',').map(Number);
  return { columns, rows, heading: heading === 1, text: text.trim() };
}

function isLayout(rows: readonly (readonly MarkedCell[])[]): boolean {
  const cells = rows.flat();
  if (Math.max(0, ...rows.map((row) => row.length)) <= 1) return true;
  const places = cells.reduce(
    (sum, cell) => sum + cell.columns * Math.min(cell.rows, rows.length),
    0,
  );
  return places > MAX_PLACES || cells.some((cell) => BLOCK.test(cell.text));
}

/** Fenced code, a heading or another table. */
const BLOCK = /^(?:```|#{1,6} |\| ?-{3})/m;

function asParagraphs(rows: readonly (readonly MarkedCell[])[]): string {
  return rows
    .flat()
    .map((cell) => cell.text)
    .filter((text) => text !== '')
    .join('\n\n');
}

function asGrid(rows: readonly (readonly MarkedCell[])[]): string {
  const grid = spread(rows);
  const width = Math.max(...grid.map((row) => row.length));
  const [first = []] = rows;
  const hasHeading = first.every((cell) => cell.heading);
  const [head = [], ...body] = hasHeading ? grid : [[], ...grid];
  const line = (cells: readonly string[]): string =>
    `| ${Array.from({ length: width }, (_, column) => cells[column] ?? '').join(' | ')} |`;
  const border = line(Array.from({ length: width }, () => '---'));
  return [line(head), border, ...body.map(line)].join('\n');
}

/** Gives each spanned place its text. */
function spread(rows: readonly (readonly MarkedCell[])[]): string[][] {
  const grid: string[][] = rows.map(() => []);
  for (const [y, row] of rows.entries()) {
    let x = 0;
    for (const cell of row) {
      while (grid[y]?.[x] !== undefined) x += 1;
      for (const line of grid.slice(y, y + cell.rows)) {
        for (let column = x; column < x + cell.columns; column += 1)
          line[column] = oneLine(cell.text);
      }
      x += cell.columns;
    }
  }
  return grid;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, '<br>').replaceAll('|', '\\|');
}

/** Beyond this it is data of its own, not a table to read; repeated spans could multiply it. */
const MAX_PLACES = 20_000;
