/** A time of the day in which nobody is reminded; may span midnight. */
export interface QuietHours {
  /** `HH:MM` in `timezone`. */
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** The moment itself, or the end of the quiet hours that it falls into. Total: hours that cannot be read are never quiet. */
export function afterQuietHours(atMs: number, quiet: QuietHours | undefined): number {
  if (!quiet) return atMs;
  const from = minutesOf(quiet.from);
  const to = minutesOf(quiet.to);
  if (from === undefined || to === undefined || from === to) return atMs;
  let moment = atMs;
  // Once more where clocks are turned back in these hours.
  for (let round = 0; round < 2; round += 1) {
    const now = localMinutes(moment, quiet.timezone);
    if (now === undefined || !isWithin(now, from, to)) return moment;
    const left = (to - now + DAY_MINUTES) % DAY_MINUTES;
    moment = Math.floor(moment / MINUTE_MS) * MINUTE_MS + left * MINUTE_MS;
  }
  return moment;
}

function isWithin(now: number, from: number, to: number): boolean {
  return from < to ? from <= now && now < to : now >= from || now < to;
}

function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

function localMinutes(atMs: number, timeZone: string): number | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    return minutesOf(format.format(atMs));
  } catch {
    // A zone that this machine does not know.
    return undefined;
  }
}
