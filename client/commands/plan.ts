import { readDefinitions } from '../definitions.ts';
import { planText } from '../plan-text.ts';
import { makePlan } from '../plan.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Answer, Context } from './command.ts';

/** Shows what `apply` would change. Writes nothing. */
export async function plan(context: Context<{ readonly force: boolean }>): Promise<Answer> {
  const { options, terminal, configFile } = context;
  const { file, sources, notifications, repair, notices } = await readDefinitions(context);
  const system = await context.system();
  const planned = await makePlan({
    db: await system.database(),
    schedules: await system.schedules(),
    definitions: sources,
    notifications,
    ...(repair ? { repair } : {}),
    force: options.force,
  });
  const changes = planned.changes.length + planned.webhooks.length + planned.schedules.length;
  const next = ourCommand(`apply${configFile === undefined ? '' : ` --config ${configFile}`}`);
  return {
    data: { file, notices, ...planned },
    text: [
      `Definitions: ${file}`,
      planText(planned, { ...terminal, now: new Date() }),
      ...(changes > 0 && planned.refused === undefined ? [`Make it so: ${next}`] : []),
    ].join('\n'),
  };
}
