import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import { requiredIncident } from '../find-incident.ts';
import { liveRepair, type LiveRepair } from '../live-repair.ts';
import { answerText, nextCommands, repairText } from '../repair-text.ts';
import { repairView, type RepairView } from '../repair-view.ts';
import { ourCommand, temporalCommand } from '../spoken-commands.ts';
import type { System } from '../system.ts';
import type { Terminal } from '../terminal.ts';
import { workflowUrl } from '../web-ui.ts';
import type { Answer, Context } from './command.ts';

/** Everything that is known of one repair: by its incident, or by a source. Without a worker, what the rows say. */
export async function repairShow(context: Context<unknown>): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const { terminal } = context;
  const system = await context.system();
  const db = await system.database();
  const incident = await requiredIncident(db, wanted);
  const view = await repairView(db, incident, await liveRepair(system, incident));
  const options = { ...terminal, now: new Date(), target: system.target };
  const asked = answerText(view, options);
  return {
    data: view,
    text: [
      repairText(view, options),
      ...(asked === '' ? [] : ['', asked]),
      '',
      ...places(view, system, terminal),
    ].join('\n'),
  };
}

function places(view: RepairView, { target }: System, { paint }: Terminal): readonly string[] {
  const { incident, live } = view;
  const workflowId = repairWorkflowId(incident.tenant, incident.source);
  const row = (name: string, value: string): string => `  ${paint.faint(name.padEnd(9))} ${value}`;
  const runId = 'runId' in live ? live.runId : undefined;
  const url = runId === undefined ? undefined : workflowUrl(target, { workflowId, runId });
  const why = whyRowsAlone(view);
  return [
    ...(why === undefined ? [] : [paint.warn(`  ${why}`)]),
    ...(runId === undefined
      ? []
      : [row('history', temporalCommand(target, `workflow show --workflow-id ${workflowId}`))]),
    ...(url === undefined ? [] : [row('web', url)]),
    ...nextCommands(view).map((rest) => row('next', ourCommand(rest))),
  ];
}

/** Why what is shown may not be the newest; of a closed incident the rows are the truth anyway. */
function whyRowsAlone({ incident, live }: RepairView): string | undefined {
  if (incident.state === 'closed') return undefined;
  return REASONS[live.kind](live);
}

const REASONS: Readonly<Record<LiveRepair['kind'], (live: LiveRepair) => string | undefined>> = {
  known: () => undefined,
  busy: (live) =>
    `This is what the database says: the repair of the source works on ${('with' in live && live.with) || 'nothing'} now.`,
  none: () => 'This is what the database says: no repair of the source runs.',
  silent: (live) =>
    `This is what the database says: ${'because' in live ? live.because : 'nobody answers'}.`,
};
