import { author } from '../author.ts';
import { scheduleOf } from '../known-source.ts';
import { wrongUsage } from '../problem.ts';
import { temporalCommand } from '../spoken-commands.ts';
import type { Answer, Context } from './command.ts';

/** Pauses the schedule of a source. It stays so, whatever is applied, until a person resumes it. */
export async function pause(
  context: Context<{ readonly note: string | undefined }>,
): Promise<Answer> {
  const [source = ''] = context.positionals;
  const note = context.options.note ?? `paused by ${author()}`;
  // Such notes are the system's own, which it lifts by itself.
  if (note.startsWith('managed:'))
    throw wrongUsage(
      `--note is "${note}", but notes with "managed:" are the system's own.`,
      'Begin it with another word.',
    );
  const system = await context.system();
  const schedule = await scheduleOf(await system.database(), source);
  await (await system.schedules()).pause(schedule, note);
  const same = temporalCommand(
    system.target,
    `schedule toggle --schedule-id ${schedule} --pause --reason ${JSON.stringify(note)}`,
  );
  return {
    data: { source, schedule, paused: true, note, temporal: same },
    text: `Paused "${source}": ${note}. A run under way goes on to its end.\n${context.terminal.paint.faint(`Same as: ${same}`)}`,
  };
}
