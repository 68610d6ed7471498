import type { RunReport } from '../adapters/postgres/reports.ts';
import { NO_COUNTS } from '../workflows/collection/counts.ts';
import { describeCounts } from '../workflows/collection/run-details.ts';
import { FAILURES, isFailureName } from '../workflows/failures.ts';
import type { ExitCode } from './commands/command.ts';
import { relativeTime, tookTime } from './relative-time.ts';
import type { Paint, Palette } from './terminal.ts';
import { clean, indented, sizeText } from './text.ts';

export interface RunTextOptions {
  readonly width: number;
  readonly paint: Palette;
  readonly now: Date;
}

/** One run in a few lines: what came of it, why, and what to do about it. */
export function runText(run: RunReport, { width, paint, now }: RunTextOptions): string {
  const { sign, paint: colour } = statusLook(run.status, paint);
  const head = `${colour(`${sign} ${run.source} ${run.status}`)}: ${countsText(run)}${durationText(run, now)}`;
  const lines = [...reasonLines(run, width), ...heldLines(run, width), ...noteLines(run, width)];
  return [head, ...lines].join('\n');
}

/** Everything that is known of one run. */
export function runFacts(run: RunReport, options: RunTextOptions): string {
  const { now, paint } = options;
  const { startedAt, finishedAt, listingComplete, listingNote } = run;
  const listing =
    listingComplete === null
      ? 'none'
      : listingComplete
        ? 'complete'
        : `incomplete: ${clean(listingNote ?? 'no reason given')}`;
  const { putRequests = 0, putBytes = 0 } = run.counts;
  const rows = [
    ['run', run.id],
    ['started', `${relativeTime(startedAt, now)} (${startedAt.toISOString()})`],
    [
      'ended',
      finishedAt
        ? `${relativeTime(finishedAt, now)} (${finishedAt.toISOString()})`
        : `not yet: ${run.phase}`,
    ],
    ['trigger', run.trigger],
    ['listing', listing],
    [
      'written',
      `${sizeText(putBytes)} in ${putRequests} requests, ${run.slices} ${run.slices === 1 ? 'slice' : 'slices'}`,
    ],
    ['definition', run.digest.slice(0, 12)],
  ];
  return [
    runText(run, options),
    '',
    ...rows.map(([name = '', value = '']) => `  ${paint.faint(name.padEnd(11))} ${value}`),
  ].join('\n');
}

/** What changed, in the order that people care about. */
export function countsText({ counts }: Pick<RunReport, 'counts'>): string {
  return describeCounts({ ...NO_COUNTS, ...counts });
}

/** A run's status as the exit code of who waited for it. */
export function exitCodeOf({ status }: Pick<RunReport, 'status'>): ExitCode {
  return EXIT_CODES[status];
}

const EXIT_CODES = {
  succeeded: 0,
  partial: 3,
  held: 4,
  failed: 1,
  // Somebody waited, and it has not come to an end.
  running: 1,
} as const satisfies Record<RunReport['status'], ExitCode>;

interface Look {
  readonly sign: string;
  readonly paint: Paint;
}

/** How a status is shown everywhere; a source that never ran has none. */
export function statusLook(status: string | null, { good, warn, bad, name, faint }: Palette): Look {
  const looks: ReadonlyMap<string | null, Look> = new Map([
    ['succeeded', { sign: '✓', paint: good }],
    ['partial', { sign: '!', paint: warn }],
    ['held', { sign: '!', paint: warn }],
    ['failed', { sign: '✗', paint: bad }],
    ['running', { sign: '…', paint: name }],
  ]);
  return looks.get(status) ?? { sign: '·', paint: faint };
}

function durationText({ startedAt, finishedAt }: RunReport, now: Date): string {
  return ` (${tookTime((finishedAt ?? now).getTime() - startedAt.getTime())})`;
}

function reasonLines({ failure, message }: RunReport, width: number): readonly string[] {
  const sentence = clean(message ?? '');
  const text = failure === null ? sentence : `${failure}: ${sentence}`;
  const remedy = isFailureName(failure) ? [indented(FAILURES[failure].remedy, width, '  ')] : [];
  return text === '' ? [] : [indented(text, width, '  '), ...remedy];
}

function noteLines({ notes }: RunReport, width: number): readonly string[] {
  return (notes ?? []).map((note) => indented(`Note: ${clean(note)}`, width, '  '));
}

function heldLines({ held }: RunReport, width: number): readonly string[] {
  if (!held || held.sample.length === 0) return [];
  const more = held.candidates - held.sample.length;
  const names = held.sample.map((one) => inQuotes(clean(one))).join(', ');
  return [indented(`Held: ${names}${more > 0 ? ` and ${more} more` : ''}.`, width, '  ')];
}

/** A title, set off from the next one; what has quotes of its own, such as a column that is gone, needs no second pair. */
function inQuotes(text: string): string {
  return text.includes('"') ? text : `"${text}"`;
}
