import type { HealthPause } from './run-health.ts';

/** The note of a schedule that the system paused for the health of its source, followed by a sentence. */
const SUSPENDED_NOTE = 'managed:suspended';
const MAX_REASON = 300;

export interface PauseFacts extends HealthPause {
  readonly source: string;
  readonly since: Date;
}

/** The note as the Temporal Web UI and `sources` show it: since when, what, and which command ends it. */
export function pauseNote({ source, since, failure, reason }: PauseFacts): string {
  const time = `${since.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `${SUSPENDED_NOTE} since ${time}. ${failure}: ${shortened(reason)} Mend it, then run "npm run cli -- resume ${source}".`;
}

/** True for a note of `pauseNote`, which the system may lift again. */
export function isPauseNote(note: string): boolean {
  return note.startsWith(SUSPENDED_NOTE);
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const characters = Array.from(line);
  return characters.length > MAX_REASON ? `${characters.slice(0, MAX_REASON - 1).join('')}…` : line;
}
