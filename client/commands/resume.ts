import type { Database } from '../../adapters/postgres/database.ts';
import { closeNotices } from '../../adapters/postgres/notices.ts';
import { clearHealth } from '../../adapters/postgres/source-health.ts';
import type { SourceReference } from '../../adapters/postgres/source-state.ts';
import { author } from '../author.ts';
import { sourceInForce } from '../known-source.ts';
import { Problem } from '../problem.ts';
import { relativeTime } from '../relative-time.ts';
import { ourCommand, temporalCommand } from '../spoken-commands.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import type { Answer, Context } from './command.ts';

/** Lets the schedule of a source run again, whoever paused it. */
export async function resume(
  context: Context<{ readonly note: string | undefined }>,
): Promise<Answer> {
  const [source = ''] = context.positionals;
  const note = context.options.note ?? `resumed by ${author()}`;
  const system = await context.system();
  const db = await system.database();
  const { definition } = await sourceInForce(db, source);
  if (!definition.enabled) throw disabled(source);
  await forget(db, { tenant: definition.tenant, source }, note);
  const schedule = sourceScheduleId(definition.tenant, definition.id);
  const schedules = await system.schedules();
  await schedules.unpause(schedule, note);
  const [next] = (await schedules.describe(schedule))?.nextRuns ?? [];
  const same = temporalCommand(
    system.target,
    `schedule toggle --schedule-id ${schedule} --unpause --reason ${JSON.stringify(note)}`,
  );
  const when = next ? ` It runs next ${relativeTime(next, new Date())}.` : '';
  return {
    data: { source, schedule, paused: false, note, nextRunAt: next ?? null, temporal: same },
    text: `Resumed "${source}".${when}\n${context.terminal.paint.faint(`Same as: ${same}`)}`,
  };
}

/** Before the schedule: what the system paused would be paused again, and its runs without progress begin to count anew. */
async function forget(db: Database, source: SourceReference, note: string): Promise<void> {
  await clearHealth(db, source);
  await closeNotices(db, { ...source, kinds: ['source-paused'], because: note });
}

/** The next reconciliation would only pause it again. */
function disabled(source: string): Problem {
  return new Problem(
    `Source "${source}" is disabled by its definition, so it would be paused again.`,
    {
      failure: 'InvalidConfig',
      remedy: `Set "enabled: true" there, then run "${ourCommand('apply')}".`,
    },
  );
}
