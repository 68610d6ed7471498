import { styleText } from 'node:util';
import type { ClientConfig } from './config.ts';
import { truncate } from './text.ts';

export type Paint = (text: string) => string;

/** Colours by meaning; none of them does anything where colours are not wanted. */
export interface Palette {
  readonly strong: Paint;
  readonly faint: Paint;
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
  readonly name: Paint;
}

/** Where a client writes: results to standard output, everything said on the way to standard error. The only place that writes. */
export interface Terminal {
  /** Columns of text. */
  readonly width: number;
  readonly paint: Palette;
  /** The result: nothing but this goes to standard output. */
  result(text: string): void;
  /** A line on standard error. */
  notice(text: string): void;
  /** An error, on standard error: as text for people, or whole as JSON for programs. */
  problem(text: string): void;
  /** A line that is replaced by the next one. Without a terminal: a line for each new `text`, every few seconds at most, without `suffix`. */
  progress(text: string, suffix?: string): void;
  /** Removes the line of progress, so that what follows stands alone. */
  settle(): void;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a terminal writes to. */
export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

export interface TerminalOptions extends Pick<ClientConfig, 'colours' | 'columns'> {
  /** For programs: nothing but the one JSON document of a result or a problem is written. */
  readonly json: boolean;
}

const DEFAULT_WIDTH = 100;
/** Longer lines are hard to read, however wide the terminal. */
const MAX_WIDTH = 140;
/** In a log file, progress is a few lines. */
const PLAIN_PROGRESS_MS = 3000;

export function createTerminal(
  { colours, columns, json }: TerminalOptions,
  { stdout, stderr }: Streams = process,
): Terminal {
  let shown = '';
  let silentUntilMs = 0;
  const width = Math.min(MAX_WIDTH, columns ?? stdout.columns ?? stderr.columns ?? DEFAULT_WIDTH);
  const settle = (): void => {
    if (shown !== '' && stderr.isTTY) stderr.write('\r\u001B[K');
    shown = '';
  };
  return {
    width,
    paint: palette(colours && stdout.isTTY === true),
    result(text) {
      settle();
      stdout.write(`${text}\n`);
    },
    notice(text) {
      settle();
      if (!json) stderr.write(`${palette(colours && stderr.isTTY === true).faint(text)}\n`);
    },
    problem(text) {
      settle();
      stderr.write(`${text}\n`);
    },
    progress(text, suffix = '') {
      const now = Date.now();
      const whole = stderr.isTTY ? `${text}${suffix}` : text;
      if (json || whole === shown || (!stderr.isTTY && now < silentUntilMs)) return;
      shown = whole;
      silentUntilMs = now + PLAIN_PROGRESS_MS;
      stderr.write(stderr.isTTY ? `\r\u001B[K${truncate(whole, width - 1)}` : `${whole}\n`);
    },
    settle,
  };
}

/** For standard error, whose colours do not depend on where the result goes. */
export function errorPalette(
  { colours }: Pick<ClientConfig, 'colours'>,
  { stderr }: Streams = process,
): Palette {
  return palette(colours && stderr.isTTY === true);
}

type Style = Parameters<typeof styleText>[0];

function palette(coloured: boolean): Palette {
  const paint =
    (style: Style): Paint =>
    (text) =>
      coloured && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  return {
    strong: paint('bold'),
    faint: paint('dim'),
    good: paint('green'),
    warn: paint('yellow'),
    bad: paint('red'),
    name: paint('cyan'),
  };
}
