import { author } from '../author.ts';
import { sourceInForce } from '../known-source.ts';
import { Problem } from '../problem.ts';
import { relativeTime } from '../relative-time.ts';
import { ourCommand, temporalCommand } from '../spoken-commands.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import type { Answer, Context } from './command.ts';

/** Lets the schedule of a source run again. */
export async function resume(
  context: Context<{ readonly note: string | undefined }>,
): Promise<Answer> {
  const [source = ''] = context.positionals;
  const note = context.options.note ?? `resumed by ${author()}`;
  const system = await context.system();
  const { definition } = await sourceInForce(await system.database(), source);
  if (!definition.enabled) throw disabled(source);
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
