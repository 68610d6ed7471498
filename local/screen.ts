/** Lines for people: a block that is redrawn on a terminal, and plain lines where there is none. */
export interface Screen {
  /** A line that stays. */
  line(text: string): void;
  /** A line that stays, of a text that may come from outside. */
  entry(text: string): void;
  /** Replaces the live block. Without a terminal, prints each line whose `key` has a new text. */
  block(lines: readonly BlockLine[]): void;
  /** Leaves the live block as it stands; what follows comes below it. */
  settle(): void;
  readonly width: number;
}

export interface BlockLine {
  readonly key: string;
  /** Shown as one line, whatever it holds: it may come from outside. */
  readonly text: string;
  /** Nothing changes here any more: left out first when the terminal is too low for all. */
  readonly ended?: boolean;
}

const DEFAULT_WIDTH = 100;
const DEFAULT_HEIGHT = 24;

export function createScreen(out: NodeJS.WriteStream): Screen {
  return out.isTTY ? terminalScreen(out) : plainScreen(out);
}

function plainScreen(out: NodeJS.WriteStream): Screen {
  const shown = new Map<string, string>();
  return {
    width: DEFAULT_WIDTH,
    line: (text) => void out.write(`${text}\n`),
    entry: (text) => void out.write(`${clean(text)}\n`),
    settle: () => shown.clear(),
    block(lines) {
      for (const { key, text } of lines) {
        const fresh = clean(text);
        if (shown.get(key) === fresh) continue;
        shown.set(key, fresh);
        out.write(`${fresh}\n`);
      }
    },
  };
}

function terminalScreen(out: NodeJS.WriteStream): Screen {
  let block: readonly string[] = [];
  const width = (): number => out.columns || DEFAULT_WIDTH;
  const erase = (): string => (block.length === 0 ? '' : `\x1b[${block.length}A\x1b[0J`);
  const draw = (): string => block.map((text) => `${cut(text, width() - 1)}\n`).join('');
  return {
    get width() {
      return width();
    },
    line(text) {
      out.write(`${erase()}${text}\n${draw()}`);
    },
    entry(text) {
      out.write(`${erase()}${clean(text)}\n${draw()}`);
    },
    block(lines) {
      const before = erase();
      block = fitting(lines, (out.rows || DEFAULT_HEIGHT) - 2).map(({ text }) => clean(text));
      out.write(`${before}${draw()}`);
    },
    settle() {
      block = [];
    },
  };
}

/** What has scrolled out of the terminal cannot be redrawn: of a long block the lines that still change are shown, and how many more there are. */
function fitting(lines: readonly BlockLine[], height: number): readonly BlockLine[] {
  if (lines.length <= height) return lines;
  const byNeed = [...lines.filter((one) => !one.ended), ...lines.filter((one) => one.ended)];
  const kept = new Set(byNeed.slice(0, Math.max(1, height - 1)));
  const left = lines.filter((one) => !kept.has(one));
  const ended = left.filter((one) => one.ended).length;
  const text = `  … and ${left.length} more, ${ended} of them ended`;
  return [...lines.filter((one) => kept.has(one)), { key: '', text }];
}

/** Line ends and control sequences of a message would break the picture, or do worse to the terminal. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/gu, ' ');
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
