/**
 * Reads ISO 8601, `12 March 2026`, `March 12, 2026` and mail dates. Gives `YYYY-MM-DD` for a day, else UTC ISO 8601; a time without
 * an offset counts as UTC. Orders such as 3/4/2026 are open: the normalisers `dayFirst` and `monthFirst` decide them.
 */
export function readDate(text: string): string | undefined {
  const match = ISO.exec(text) ?? DAY_MONTH.exec(text) ?? MONTH_DAY.exec(text);
  return match?.groups === undefined ? undefined : assemble(match.groups);
}

/**
 * Seconds of an ISO 8601 duration without years and months, of `1:30:00` (hours, minutes, seconds; two parts are minutes and
 * seconds), or of `1 h 20 min`.
 */
export function readDuration(text: string): number | undefined {
  const iso = ISO_DURATION.exec(text);
  if (iso !== null) return isoSeconds(iso);
  const clock = /^(?:(\d{1,3}):)?(\d{1,2}):(\d{2})$/u.exec(text);
  if (clock !== null) {
    return Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  }
  return wordSeconds(text);
}

const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?`;
const ZONE = String.raw`(?<zone>Z|GMT|UTC|[+-]\d{2}:?\d{2})?`;
const ISO = new RegExp(
  String.raw`^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T ]${TIME}\s?${ZONE})?$`,
  'iu',
);
const REST = String.raw`(?<year>\d{4})(?:,? (?:at )?${TIME} ?${ZONE})?$`;
const DAY_MONTH = new RegExp(
  String.raw`^(?:[a-z]{3,9},? )?(?<day>\d{1,2})(?:st|nd|rd|th|\.)? (?<month>[a-z]{3,9})\.?,? ${REST}`,
  'iu',
);
const MONTH_DAY = new RegExp(
  String.raw`^(?:[a-z]{3,9},? )?(?<month>[a-z]{3,9})\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,? ${REST}`,
  'iu',
);
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_NAMES =
  /^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$/iu;

function assemble(parts: Readonly<Record<string, string | undefined>>): string | undefined {
  const month = monthNumber(parts['month'] ?? '');
  const [year, day] = [Number(parts['year']), Number(parts['day'])];
  if (month === undefined || !isCalendarDay(year, month, day)) return undefined;
  const date = `${parts['year']}-${pad(month)}-${pad(day)}`;
  if (parts['hour'] === undefined) return date;
  const fraction = (parts['fraction'] ?? '').padEnd(3, '0').slice(0, 3);
  const time = `${parts['hour']}:${parts['minute']}:${parts['second'] ?? '00'}.${fraction}`;
  const moment = new Date(`${date}T${time}${offset(parts['zone'])}`);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}

function monthNumber(text: string): number | undefined {
  if (/^\d{2}$/u.test(text)) return Number(text);
  return MONTH_NAMES.test(text) ? MONTHS.indexOf(text.slice(0, 3).toLowerCase()) + 1 : undefined;
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function offset(zone: string | undefined): string {
  if (zone === undefined || /^[a-z]/iu.test(zone)) return 'Z';
  return zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

const ISO_DURATION =
  /^P(?!$)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/iu;
const WEIGHTS = [604_800, 86_400, 3600, 60, 1] as const;

function isoSeconds(match: RegExpExecArray): number {
  return WEIGHTS.reduce((sum, weight, index) => sum + Number(match[index + 1] ?? 0) * weight, 0);
}

const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:w|weeks?)$/iu, 604_800],
  [/^(?:d|days?)$/iu, 86_400],
  [/^(?:h|hrs?|hours?)$/iu, 3600],
  [/^(?:m|mins?|minutes?)$/iu, 60],
  [/^(?:s|secs?|seconds?)$/iu, 1],
];

function wordSeconds(text: string): number | undefined {
  const parts = text.match(/\d{1,9}(?:\.\d{1,9})?\s?[a-z]{1,7}/giu) ?? [];
  const rest = text.replaceAll(/\d{1,9}(?:\.\d{1,9})?\s?[a-z]{1,7}|\band\b|[\s,.]/giu, '');
  if (parts.length === 0 || rest !== '') return undefined;
  let total = 0;
  for (const part of parts) {
    const unit = part.replace(/^[\d.]+\s?/u, '');
    const weight = UNITS.find(([pattern]) => pattern.test(unit))?.[1];
    if (weight === undefined) return undefined;
    total += Number.parseFloat(part) * weight;
  }
  return total;
}
