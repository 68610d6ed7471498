import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { specOf } from '../../adapters/definitions/spec-digest.ts';
import { guidedNames, readGuidance } from '../../adapters/extraction/guidance.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { Incident } from '../../adapters/postgres/incidents.ts';
import { definitionByDigest } from '../../adapters/postgres/revisions.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import { provideGuidanceUpdate, type Guidance } from '../../workflows/repair/messages.ts';
import { author } from '../author.ts';
import { requiredIncident } from '../find-incident.ts';
import { guidanceExample } from '../guidance-example.ts';
import { Problem, wrongUsage } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import { workerAnswer } from '../worker-answer.ts';
import type { Answer, Context } from './command.ts';

/** Says what a person knows of a fix that was not found: it is tried as a candidate like any other. */
export async function repairGuide(
  context: Context<{ readonly text: string | undefined }>,
): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const { text = '' } = context.options;
  if (text.trim() === '')
    throw wrongUsage(
      'What you know of the fix must be said.',
      `Add --text, for example: ${ourCommand(`repair guide ${wanted} --text "title: h2.name"`)}`,
    );
  const system = await context.system();
  const db = await system.database();
  const incident = await requiredIncident(db, wanted);
  if (incident.state === 'open') await requireHints(db, incident, text);
  const workflowId = repairWorkflowId(incident.tenant, incident.source);
  const given: Guidance = {
    incident: incident.id,
    decisionId: `cli:${randomUUID()}`,
    by: author(),
    reason: '',
    text,
  };
  const temporal = await system.temporal();
  const handle = temporal.client.workflow.getHandle(workflowId);
  const { attempt } = await workerAnswer(
    temporal,
    { what: `the repair "${workflowId}"`, list: `repair show ${incident.id}` },
    () =>
      handle.executeUpdate(provideGuidanceUpdate, { updateId: given.decisionId, args: [given] }),
  ).catch((error: unknown) => refused(error, incident));
  return {
    data: { incident: incident.id, attempt, text },
    text: `Taken: attempt ${attempt} tries it, with all checks. See it with "${ourCommand(`repair show ${incident.id}`)}".`,
  };
}

/** @throws Problem - nothing in the text could be tried, or a part of it could not. */
async function requireHints(db: Database, incident: Incident, text: string): Promise<void> {
  const definition = await definitionByDigest(db, incident.definitionDigest);
  const spec = definition && specOf(incident.source, definition.config['extract']);
  // Without it nobody can say what is wrong; the repair says so itself.
  if (!spec) return;
  const { hints, mistakes } = readGuidance(text, spec);
  const example = `Write lines "field: selector", for example: ${ourCommand(guidanceExample(incident))}`;
  const [mistake] = mistakes;
  if (mistake !== undefined) throw wrongUsage(mistake, example);
  if (hints.length > 0) return;
  const names = guidedNames(spec).join(', ');
  throw wrongUsage(`"${text}" names no field with a selector. Fields are: ${names}.`, example);
}

function refused(error: unknown, { id, outcome }: Incident): never {
  if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
  if (!(error instanceof WorkflowNotFoundError)) throw error;
  const how = outcome === null ? '' : `: it was closed as ${outcome}`;
  throw new Problem(`No repair of incident "${id}" runs that could take guidance${how}.`, {
    failure: 'StaleDecision',
    remedy: `Mend the definition by hand, or wait for the next failure. "${ourCommand('repairs')}" shows what is open.`,
    cause: error,
  });
}
