const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A time as people say it: `just now`, `3 minutes ago`, `in 2 hours`. Beyond 30 days, the date in UTC. */
export function relativeTime(time: Date, now: Date): string {
  const awayMs = Math.abs(time.getTime() - now.getTime());
  const past = time.getTime() <= now.getTime();
  if (awayMs < 5 * SECOND_MS) return past ? 'just now' : 'now';
  if (awayMs > 30 * DAY_MS) return time.toISOString().slice(0, 10);
  const text = roughly(awayMs);
  return past ? `${text} ago` : `in ${text}`;
}

/** How long something took: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. Negative times (two clocks) count as none. */
export function tookTime(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined(`${minutes} min`, seconds % 60, 's');
  return joined(`${Math.floor(minutes / 60)} h`, minutes % 60, 'min');
}

/** Rounded, so that 119 minutes are 2 hours and nothing is ever "60 minutes". */
function roughly(awayMs: number): string {
  const units = [
    ['second', SECOND_MS, 60],
    ['minute', MINUTE_MS, 60],
    ['hour', HOUR_MS, 24],
    ['day', DAY_MS, Infinity],
  ] as const;
  const [name, ms] = units.find(([, unit, limit]) => Math.round(awayMs / unit) < limit) ?? units[3];
  const count = Math.round(awayMs / ms);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

function joined(large: string, rest: number, unit: string): string {
  return rest === 0 ? large : `${large} ${rest} ${unit}`;
}
