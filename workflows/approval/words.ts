import type { Person } from './request.ts';

/** A moment as people read it everywhere: `2026-11-20 14:02 UTC`. */
export function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A person as people know them: `ana`, or `ana (team data)`. */
export function personName({ user, team }: Person): string {
  return team === undefined ? user : `${user} (team ${team})`;
}

/** How long something may take, roughly: `72 h`, `45 min`, `30 s`. */
export function spanText(durationMs: number): string {
  const hours = durationMs / 3_600_000;
  if (hours >= 1) return `${Math.round(hours * 10) / 10} h`;
  const minutes = durationMs / 60_000;
  return minutes >= 1 ? `${Math.round(minutes)} min` : `${Math.ceil(durationMs / 1000)} s`;
}

/** Text from outside on one line: well-formed, without control characters and without what turns the writing direction. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu, ' ')
    .trim();
}

/** One line without anything that Markdown would act on. */
export function inMarkdown(text: string): string {
  return oneLine(text).replaceAll(MARKS, (mark) => LOOK_ALIKES.get(mark.slice(0, 1)) ?? '');
}

/** An underscore inside a word, as in names of classes, means nothing in Markdown. */
const MARKS = /[<>[\]{}`*!|#\\]|(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu;

const LOOK_ALIKES: ReadonlyMap<string, string> = new Map([
  ['<', '‹'],
  ['>', '›'],
  ['[', '('],
  [']', ')'],
  ['{', '('],
  ['}', ')'],
  ['`', "'"],
  ['|', '¦'],
  ['_', ' '],
]);

/** Inside a JSON text in single quotes: the shell puts in who types the command, also where `$USER` is not set. */
export const SHELL_USER = `'"$(id -un)"'`;
