import { readLatestRuns } from '../../adapters/postgres/reports.ts';
import { sourceInForce } from '../known-source.ts';
import { relativeTime, tookTime } from '../relative-time.ts';
import { countsText, statusLook } from '../run-text.ts';
import { ourCommand } from '../spoken-commands.ts';
import { table } from '../table.ts';
import type { Answer, Context } from './command.ts';

/** The newest runs, of one source or of all. */
export async function runs(context: Context<{ readonly limit: number }>): Promise<Answer> {
  const [source] = context.positionals;
  const { paint, width } = context.terminal;
  const db = await (await context.system()).database();
  const found = await readLatestRuns(db, {
    limit: context.options.limit,
    ...(source === undefined ? {} : { source }),
  });
  // A source that was removed still has its runs; one that never was is probably misspelt.
  if (found.length === 0 && source !== undefined) await sourceInForce(db, source);
  if (found.length === 0) {
    return {
      data: [],
      text: `No runs yet. Start one with ${ourCommand(`run ${source ?? '<source>'}`)}`,
    };
  }
  const now = new Date();
  const rows = found.map((run) => {
    const look = statusLook(run.status, paint);
    return [
      shortId(run.id),
      { text: `${look.sign} ${run.status}`, paint: look.paint },
      relativeTime(run.startedAt, now),
      tookTime((run.finishedAt ?? now).getTime() - run.startedAt.getTime()),
      run.failure === null ? countsText(run) : `${run.failure}; ${countsText(run)}`,
    ];
  });
  const columns = [
    { title: 'RUN' },
    { title: 'STATUS' },
    { title: 'STARTED' },
    { title: 'TOOK', align: 'right' as const, dropBelow: 90 },
    { title: 'DOCUMENTS', shrinkTo: 12 },
  ];
  return { data: found, text: table(columns, rows, { width, head: paint.faint }) };
}

/** Without what every run's id begins with; `run show` takes both. */
function shortId(id: string): string {
  return id.replace(/^collect:/, '');
}
