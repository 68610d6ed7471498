import { resolve } from 'node:path';
import {
  definitionsInForce,
  storeRevision,
  type StoredRevision,
} from '../../adapters/postgres/revisions.ts';
import { readSuspended } from '../../adapters/postgres/source-health.ts';
import { callTemporal } from '../../adapters/temporal/errors.ts';
import { reconcileSchedules } from '../../adapters/temporal/reconcile.ts';
import { ensureSearchAttributes } from '../../adapters/temporal/search-attributes.ts';
import type { ReconcileSchedulesReport } from '../../workflows/collection/activities.ts';
import { author, commitOf } from '../author.ts';
import { readDefinitions, type LocalDefinitions } from '../definitions.ts';
import { planText } from '../plan-text.ts';
import { makePlan, type Plan } from '../plan.ts';
import { Problem } from '../problem.ts';
import type { System } from '../system.ts';
import { clean, indented, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** Puts the definitions in force: stores a revision, then makes Temporal's schedules follow it. Repeating it changes nothing. */
export async function apply(context: Context<{ readonly force: boolean }>): Promise<Answer> {
  const { options, terminal } = context;
  const definitions = await readDefinitions(context);
  const system = await context.system();
  const { connection, namespace } = await system.temporal();
  await callTemporal(`namespace "${namespace}"`, () =>
    ensureSearchAttributes(connection, namespace),
  );
  const planned = await makePlan({
    db: await system.database(),
    schedules: await system.schedules(),
    definitions: definitions.sources,
    notifications: definitions.notifications,
    ...(definitions.repair ? { repair: definitions.repair } : {}),
    force: options.force,
  });
  if (planned.refused !== undefined) throw refusal(planned.refused);
  const done = await write(context, system, definitions);
  return {
    data: {
      file: definitions.file,
      ...done.stored,
      schedules: done.report,
      changes: planned.changes,
      webhooks: planned.webhooks,
      repair: planned.repair,
    },
    text: [
      `Definitions: ${definitions.file}`,
      ...definitions.notices.map(({ sentence }) =>
        terminal.paint.warn(indented(clean(sentence), terminal.width, '  ', '! ')),
      ),
      ...(isNothing(planned) && planned.fixes.length === 0
        ? []
        : [planText(planned, { ...terminal, now: new Date() }), '']),
      terminal.paint.good(doneText(done)),
    ].join('\n'),
  };
}

interface Done {
  readonly stored: StoredRevision;
  readonly report: ReconcileSchedulesReport;
}

/** The revision first: when Temporal fails half-way, the reconciliation of the workers finishes what it says. */
async function write(
  { options, terminal, target }: Context<{ readonly force: boolean }>,
  system: System,
  { file, sources, notifications, repair }: LocalDefinitions,
): Promise<Done> {
  const commit = await commitOf(resolve(target.workingFolder, file));
  const stored = await storeRevision(await system.database(), {
    definitions: sources,
    notifications,
    ...(repair ? { repair } : {}),
    author: author(),
    ...(commit === undefined ? {} : { commit }),
  });
  // A deployed fix is in force, and not in the files.
  const inForce = await definitionsInForce(await system.database());
  const report = await reconcileSchedules(inForce, await system.schedules(), {
    now: new Date(),
    force: options.force,
    suspended: await readSuspended(await system.database()),
    onApplied: ({ kind, id }) => terminal.progress(`… ${kind} ${id}`),
  });
  if (report.refused !== undefined) throw refusal(report.refused);
  return { stored, report };
}

function refusal(sentence: string): Problem {
  return new Problem(sentence, {
    failure: 'Conflict',
    remedy: 'The plan verb shows what would go.',
  });
}

function isNothing({ changes, webhooks, repair, schedules }: Plan): boolean {
  return [changes, webhooks, repair, schedules].every((list) => list.length === 0);
}

function doneText({ stored: { revision, changed }, report }: Done): string {
  const writes = report.created + report.updated + report.paused + report.unpaused + report.deleted;
  if (!changed && writes === 0) return `✓ No changes: revision ${revision.id} stays in force.`;
  const kinds = (['created', 'updated', 'paused', 'unpaused', 'deleted'] as const)
    .filter((kind) => report[kind] > 0)
    .map((kind) => `${report[kind]} ${kind}`);
  const what = changed ? 'is in force now' : 'stays in force';
  return `✓ Revision ${revision.id} ${what}. ${plural(writes, 'schedule write')}${kinds.length > 0 ? `: ${kinds.join(', ')}` : ''}.`;
}
