import { capLines, type CappedLines } from './capped-lines.ts';

/** One thing that a run has said. */
export interface LogEntry {
  readonly text: string;
  readonly count: number;
}

/** One line for each kind of entry, with how often it was said and the first example; 64 KB, of which the end gets most. */
export function logWindow(entries: readonly LogEntry[], whole: string): CappedLines {
  const groups = new Map<string, LogEntry>();
  for (const { text, count } of entries) {
    const template = templateOf(text);
    const before = groups.get(template);
    groups.set(template, { text: before?.text ?? text, count: (before?.count ?? 0) + count });
  }
  const lines = [...groups.values()].map(({ text, count }) => `${count}x ${singleLine(text)}`);
  return capLines(lines, { headBytes: 8 * KB, tailBytes: 56 * KB, whole });
}

const KB = 1024;
const MAX_LINE = 2000;

/** What is said of every page anew: names, addresses and numbers. */
function templateOf(text: string): string {
  return text
    .slice(0, MAX_LINE)
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/https?:\/\/\S+/g, '<url>')
    .replaceAll(/\b[0-9a-f]{8,}\b/gi, '<hash>')
    .replaceAll(/\d+/g, '<n>');
}

function singleLine(text: string): string {
  return text.slice(0, MAX_LINE).replaceAll(/\s+/g, ' ').trim();
}
