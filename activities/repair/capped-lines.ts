/** Lines of a text with a limit, and what was left out. */
export interface CappedLines {
  readonly lines: readonly string[];
  readonly droppedLines: number;
  readonly droppedBytes: number;
}

/** The first lines up to `headBytes` and the last up to `tailBytes`; between them stands a line that says how much is missing, and of what. */
export function capLines(
  lines: readonly string[],
  { headBytes, tailBytes, whole }: { headBytes: number; tailBytes: number; whole: string },
): CappedLines {
  const sizes = lines.map((line) => Buffer.byteLength(line) + 1);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= headBytes + tailBytes) return { lines, droppedLines: 0, droppedBytes: 0 };
  const head = fitting(sizes, headBytes);
  const tail = fitting(sizes.toReversed(), tailBytes);
  const from = Math.max(head, lines.length - tail);
  const droppedBytes = sizes.slice(head, from).reduce((sum, size) => sum + size, 0);
  const droppedLines = from - head;
  const marker = `[${droppedLines} lines, ${droppedBytes} bytes left out; the whole: ${whole}]`;
  const kept = [...lines.slice(0, head), marker, ...lines.slice(from)];
  return { lines: kept, droppedLines, droppedBytes };
}

function fitting(sizes: readonly number[], limit: number): number {
  let left = limit;
  const end = sizes.findIndex((size) => (left -= size) < 0);
  return end === -1 ? sizes.length : end;
}
