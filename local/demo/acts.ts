import { liveRepair, type LiveRepair } from '../../client/live-repair.ts';
import type { System } from '../../client/system.ts';
import { readIncident, type Incident } from '../../adapters/postgres/incidents.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import type { QuestionStatus, RepairStatus } from '../../workflows/repair/repair-status.ts';
import type { DemoArguments } from './arguments.ts';
import { askForHelp, askPerson } from './ask-person.ts';
import { repairSteps } from './repair-steps.ts';
import { showRepair } from './show-repair.ts';
import { collect, collectedSince, newestIncident, until, type Stage } from './story.ts';

/** How the story ended; `as announced` is what exit code 0 means. */
export interface StoryEnd {
  readonly incident: Incident;
  readonly asAnnounced: boolean;
}

const GOOD_RUNS = 3;

/** The whole story: all is well, the site changes, the repair, the decision, the runs on the fix, the end. */
export async function playStory(
  stage: Stage,
  system: System,
  args: Pick<DemoArguments, 'yes' | 'autonomous' | 'badFix'>,
): Promise<StoryEnd> {
  await allIsWell(stage);
  await siteChanges(stage);
  const opened = await repairBegins(stage, system);
  const deployed = await untilDeployed(stage, system, { opened, args });
  if (deployed) await (args.badFix ? secondChange : probation)(stage, opened, deployed);
  return end(stage, system, { opened, args });
}

async function allIsWell(stage: Stage): Promise<void> {
  const { shop } = stage;
  stage.chapter(`All is well: ${shop.products.length} products on ${shop.origin}`);
  for (let run = 1; run <= GOOD_RUNS; run += 1) await collect(stage, `run ${run}`);
}

async function siteChanges(stage: Stage): Promise<void> {
  const { shop } = stage;
  shop.manner = 'second';
  stage.chapter(
    'The shop gets a new layout. Every page still answers 200, so nothing looks broken',
  );
  await collect(stage, 'the next run');
}

async function repairBegins(stage: Stage, system: System): Promise<Incident> {
  const { screen } = stage;
  const incident = await until(stage, 'The incident', () => newestIncident(stage));
  stage.chapter(`Incident ${incident.id} is open, and its repair begins by itself`);
  const runId = await until(stage, 'The repair', async () => {
    const live = await liveRepair(system, incident);
    return 'runId' in live ? live.runId : undefined;
  });
  const { target } = system;
  const uiUrl = target.kind === 'embedded' ? target.endpoints.temporal.uiUrl : undefined;
  const workflow = encodeURIComponent(repairWorkflowId(incident.tenant, incident.source));
  if (uiUrl !== undefined)
    screen.line(`   Watch it: ${uiUrl}/namespaces/default/workflows/${workflow}/${runId}`);
  return incident;
}

interface Deciding {
  readonly opened: Incident;
  readonly args: Pick<DemoArguments, 'yes' | 'autonomous'>;
}

/** Follows the repair until its fix is in force; undefined when it ended without. */
async function untilDeployed(
  stage: Stage,
  system: System,
  { opened, args }: Deciding,
): Promise<Date | undefined> {
  const { client } = stage;
  const handle = client.workflow.getHandle(repairWorkflowId(opened.tenant, opened.source));
  const steps = repairSteps(stage, handle);
  const asked = new Map<string, () => void>();
  const status = await until(
    stage,
    'The deployment of a fix',
    async () => {
      const live = await liveRepair(system, opened);
      await steps();
      if (live.kind !== 'known') return undefined;
      const { stage: standing, question } = live.status;
      if (isBeyond(live.status)) return live.status;
      if (!question || question.closed || asked.has(question.request.id)) return undefined;
      if (standing === 'awaiting-approval' || standing === 'awaiting-guidance') {
        const over = await ask(stage, { opened, question, live, ...args });
        asked.set(question.request.id, over);
      }
      return undefined;
    },
    A_DAY_MS,
  );
  for (const over of asked.values()) over();
  const deployed = status.incident?.deployed;
  if (!deployed) return undefined;
  stage.chapter(
    deployed.byPerson === undefined
      ? 'The gate was sure enough, and the policy lets it: deployed without a person'
      : `Deployed, decided by ${deployed.byPerson}`,
  );
  if (deployed.byPerson === undefined)
    await showRepair(stage, opened, { live: await liveRepair(system, opened), what: 'all' });
  return new Date(deployed.atMs);
}

interface Question extends Pick<DemoArguments, 'yes' | 'autonomous'> {
  readonly opened: Incident;
  readonly question: QuestionStatus;
  readonly live: Extract<LiveRepair, { kind: 'known' }>;
}

/** Shows what is asked, and how it is answered; the result ends the listening. */
async function ask(
  stage: Stage,
  { opened, question, live, yes, autonomous }: Question,
): Promise<() => void> {
  const isHelp = live.status.stage === 'awaiting-guidance';
  // Whoever sits there may help; nobody does.
  if (isHelp && yes) throw new Error('No fix was found that people could be asked about.');
  stage.chapter(
    isHelp
      ? 'There is no other fix: whoever knows what helps is asked'
      : autonomous
        ? 'The gate leaves it to a person'
        : 'A fix was found, and a person is asked',
  );
  if (isHelp) return askForHelp(stage, opened);
  await showRepair(stage, opened, { live, what: 'all' });
  return askPerson(stage, { opened, question, yes });
}

/** A person may think about it for as long as the question is open. */
const A_DAY_MS = 24 * 3_600_000;

function isBeyond({ incident }: RepairStatus): boolean {
  return incident?.deployed !== undefined || incident?.outcome !== undefined;
}

/** Good runs on the fix, the first of which the deployment has triggered. */
async function probation(stage: Stage, { id }: Incident, deployedAt: Date): Promise<void> {
  stage.screen.line('   Probation: the fix stays when the next three runs are good');
  await collectedSince(stage, deployedAt, 'run 1 on the fix');
  for (const run of [2, 3]) {
    if ((await readIncident(stage.db, id))?.state !== 'open') return;
    await collect(stage, `run ${run} on the fix`);
  }
}

/** The first run on the fix is good; then the site changes again, so that the next one is bad. */
async function secondChange(stage: Stage, _opened: Incident, deployedAt: Date): Promise<void> {
  const { screen, shop } = stage;
  screen.line('   Probation: the fix stays when the next three runs are good');
  await collectedSince(stage, deployedAt, 'run 1 on the fix');
  shop.manner = 'third';
  screen.line('   The shop changes once more, to a layout that the fix does not fit');
  await collect(stage, 'run 2 on the fix');
}

async function end(stage: Stage, system: System, { opened, args }: Ending): Promise<StoryEnd> {
  const { badFix, autonomous } = args;
  const incident = await until(stage, 'The end of the incident', async () => {
    const found = await readIncident(stage.db, opened.id);
    return found?.state === 'closed' ? found : undefined;
  });
  stage.chapter(ENDS[incident.outcome ?? ''] ?? `The incident was closed as ${incident.outcome}`);
  await showRepair(stage, incident, { live: await liveRepair(system, incident), what: 'end' });
  if (badFix && incident.outcome?.endsWith('rolled-back') === true)
    await backAgain(stage, incident);
  const wanted = `${autonomous ? 'auto-deployed' : 'pr-merged'}-${badFix ? 'rolled-back' : autonomous ? 'ok' : 'unchanged'}`;
  return { incident, asAnnounced: incident.outcome === wanted };
}

interface Ending {
  readonly opened: Incident;
  readonly args: Pick<DemoArguments, 'badFix' | 'autonomous'>;
}

const ENDS: Readonly<Record<string, string>> = {
  'pr-merged-unchanged': 'The source is green again: the fix that a person approved has held',
  'auto-deployed-ok': 'The source is green again: the fix has held, and nobody had to look',
  'pr-merged-rolled-back': 'A run on the fix was bad: the fix was rolled back by itself',
  'auto-deployed-rolled-back': 'A run on the fix was bad: the fix was rolled back by itself',
  alerted: 'No fix could go in: people are told, and nothing was changed',
  'pr-rejected': 'The fix was rejected: nothing was changed, and the source stays broken',
};

/** What the rollback is good for is seen when the site thinks better of it. */
async function backAgain(stage: Stage, { id, closedAt }: Incident): Promise<void> {
  const since = closedAt ?? new Date();
  await collectedSince(
    stage,
    new Date(since.getTime() - ROLLBACK_MS),
    'the run after the rollback',
  );
  stage.shop.manner = 'first';
  stage.chapter(
    'The shop goes back to its first layout, which what was in force before the fix reads',
  );
  await collect(stage, 'the next run');
  const second = await newestIncident(stage);
  if (!second || second.id === id) return;
  const ended = await until(stage, 'The end of the second incident', async () => {
    const found = await readIncident(stage.db, second.id);
    return found?.state === 'closed' ? found : undefined;
  });
  stage.screen.entry(
    `   The bad run had opened incident ${ended.id}; it was closed as ${ended.outcome}: ${ended.becauseClosed ?? ''}`,
  );
}

/** Between the order that moves the spec back and the end of the incident. */
const ROLLBACK_MS = 2000;
