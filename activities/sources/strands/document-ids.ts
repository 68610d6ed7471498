import type { Period } from './config.ts';

/** Stable for a question, or for it and the period of `at` (sources A1). */
export function documentId(question: string, period: Period | undefined, at: Date): string {
  return period === undefined ? question : `${question}/${periodOf(at, period.every)}`;
}

/** The ids of earlier periods that are kept, newest first; none without periods. */
export function keptIds(question: string, period: Period | undefined, at: Date): readonly string[] {
  if (period === undefined) return [];
  const ids: string[] = [];
  let start = startOf(at, period.every);
  for (let count = 1; count < period.keep; count += 1) {
    start = startOf(new Date(start.getTime() - 1), period.every);
    ids.push(documentId(question, period, start));
  }
  return ids;
}

/** ISO 8601, but for quarters, which it does not know: `2026-11-21`, `2026-W47`, `2026-11`, `2026-Q4`, `2026`. */
function periodOf(at: Date, every: Period['every']): string {
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  if (every === 'week') return isoWeek(at);
  if (every === 'quarter') return `${year}-Q${Math.floor(month / 3) + 1}`;
  return at.toISOString().slice(0, { day: 10, month: 7, year: 4 }[every]);
}

function startOf(at: Date, every: Period['every']): Date {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  if (every === 'day') return new Date(Date.UTC(year, month, day));
  if (every === 'week') return new Date(Date.UTC(year, month, day - weekday(at) + 1));
  if (every === 'month') return new Date(Date.UTC(year, month));
  return new Date(Date.UTC(year, every === 'quarter' ? month - (month % 3) : 0));
}

/** A week belongs to the year of its Thursday. */
function isoWeek(at: Date): string {
  const thursday = new Date(startOf(at, 'week').getTime() + 3 * DAY_MS);
  const first = Date.UTC(thursday.getUTCFullYear(), 0);
  const week = Math.floor((thursday.getTime() - first) / (7 * DAY_MS)) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

/** Monday is 1. */
function weekday(at: Date): number {
  return at.getUTCDay() === 0 ? 7 : at.getUTCDay();
}

const DAY_MS = 24 * 60 * 60 * 1000;
