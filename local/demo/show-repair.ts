import type { Incident } from '../../adapters/postgres/incidents.ts';
import type { LiveRepair } from '../../client/live-repair.ts';
import { endText, repairText } from '../../client/repair-text.ts';
import { repairView } from '../../client/repair-view.ts';
import { createTerminal } from '../../client/terminal.ts';
import type { Stage } from './story.ts';

/** Prints what `repair show` says, as this demo's terminal is. */
export async function showRepair(
  { db, screen }: Stage,
  incident: Incident,
  { live, what }: { readonly live: LiveRepair; readonly what: 'all' | 'end' },
): Promise<void> {
  const { paint } = createTerminal({
    colours: process.stdout.isTTY,
    columns: screen.width,
    json: false,
  });
  const width = Math.min(screen.width, MAX_WIDTH) - INDENT.length;
  const view = await repairView(db, incident, live);
  const options = { width, paint, now: new Date() };
  const text = what === 'all' ? repairText(view, options) : endText(view, options);
  for (const line of text.split('\n')) screen.line(`${INDENT}${line}`);
}

const INDENT = '    ';
const MAX_WIDTH = 130;
