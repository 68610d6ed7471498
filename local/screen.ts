/** Lines for people: a block that is redrawn on a terminal, and plain lines where there is none. */
export interface Screen {
  /** A line that stays. */
  line(text: string): void;
  /** Replaces the live block. Without a terminal, prints each line whose `key` has a new text. */
  block(lines: readonly BlockLine[]): void;
  /** Leaves the live block as it stands; what follows comes below it. */
  settle(): void;
  readonly width: number;
}

export interface BlockLine {
  readonly key: string;
  readonly text: string;
}

const DEFAULT_WIDTH = 100;

export function createScreen(out: NodeJS.WriteStream): Screen {
  return out.isTTY ? terminalScreen(out) : plainScreen(out);
}

function plainScreen(out: NodeJS.WriteStream): Screen {
  const shown = new Map<string, string>();
  return {
    width: DEFAULT_WIDTH,
    line: (text) => void out.write(`${text}\n`),
    settle: () => shown.clear(),
    block(lines) {
      for (const { key, text } of lines) {
        if (shown.get(key) === text) continue;
        shown.set(key, text);
        out.write(`${text}\n`);
      }
    },
  };
}

function terminalScreen(out: NodeJS.WriteStream): Screen {
  let block: readonly string[] = [];
  const width = (): number => out.columns ?? DEFAULT_WIDTH;
  const erase = (): string => (block.length === 0 ? '' : `\x1b[${block.length}A\x1b[0J`);
  const draw = (): string => block.map((text) => `${cut(text, width() - 1)}\n`).join('');
  return {
    get width() {
      return width();
    },
    line(text) {
      out.write(`${erase()}${text}\n${draw()}`);
    },
    block(lines) {
      const before = erase();
      block = lines.map(({ text }) => text);
      out.write(`${before}${draw()}`);
    },
    settle() {
      block = [];
    },
  };
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
