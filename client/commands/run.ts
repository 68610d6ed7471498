import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import { sourceInForce } from '../known-source.ts';
import { Problem } from '../problem.ts';
import { ourCommand, temporalCommand } from '../spoken-commands.ts';
import { follow, started, triggeredRun } from '../triggered-run.ts';
import type { Answer, Context } from './command.ts';

/** Collects a source now and waits for it. The schedule starts the run, so that it stays the source's only lock. */
export async function run(context: Context<{ readonly 'no-wait': boolean }>): Promise<Answer> {
  const [source = ''] = context.positionals;
  const { options, terminal } = context;
  const system = await context.system();
  const { definition } = await sourceInForce(await system.database(), source);
  if (!definition.enabled) throw disabled(source);
  const schedules = await system.schedules();
  const scheduleId = sourceScheduleId(definition.tenant, definition.id);
  const same = temporalCommand(
    system.target,
    `schedule trigger --schedule-id ${scheduleId} --overlap-policy Skip`,
  );
  terminal.notice(`Same as: ${same}`);
  const triggered = await schedules.trigger(scheduleId);
  const run = triggeredRun(triggered, source);
  if (options['no-wait']) return started(triggered, run);
  if (triggered.outcome === 'skipped')
    terminal.notice(`A run of "${source}" is under way already; this waits for it.`);
  return follow(context, system, run);
}

function disabled(source: string): Problem {
  return new Problem(`Source "${source}" is disabled, so a run would collect nothing.`, {
    failure: 'InvalidConfig',
    remedy: `Set "enabled: true" in its definition, then run "${ourCommand('apply')}".`,
  });
}
