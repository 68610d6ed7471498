import { suggestion } from '../../adapters/definitions/nearest.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { requestRetry, type LetterChoice } from '../../adapters/postgres/dead-letters.ts';
import { requestRun, takeRunRequest } from '../../adapters/postgres/run-requests.ts';
import type { SourceReference } from '../../adapters/postgres/source-state.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import { FAILURES, isFailureName } from '../../workflows/failures.ts';
import { sourceInForce } from '../known-source.ts';
import { Problem, wrongUsage } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { System } from '../system.ts';
import { plural } from '../text.ts';
import { follow, started, triggeredRun } from '../triggered-run.ts';
import type { Answer, Context } from './command.ts';

interface RetryOptions {
  readonly failure: string | undefined;
  readonly all: boolean;
  readonly 'no-wait': boolean;
}

/**
 * Makes dead letters of a source due at once and starts a run that reads them alone, where the type of the source can; else everything.
 * A run that is under way is not disturbed: it, or the next one, takes them.
 */
export async function retryDeadLetters(context: Context<RetryOptions>): Promise<Answer> {
  const [source = '', ...ids] = context.positionals;
  const choice = chosen(ids, context.options);
  const system = await context.system();
  const db = await system.database();
  const { definition } = await sourceInForce(db, source);
  const reference = { tenant: definition.tenant, source };
  const due = await requestRetry(db, { ...reference, ...choice });
  if (due === 0) throw nothingToRetry(source);
  if (!definition.enabled) throw disabled(source);
  context.terminal.notice(`${plural(due, 'dead letter')} of "${source}" will be tried again.`);
  const triggered = await triggerRetry(db, system, reference);
  const run = triggeredRun(triggered, source);
  if (triggered.outcome === 'started' && !context.options['no-wait'])
    return follow(context, system, run);
  return started(triggered, run);
}

/** The request is for the run of this trigger: where none starts, a later run should read everything as ever. */
async function triggerRetry(db: Database, system: System, reference: SourceReference) {
  const schedules = await system.schedules();
  await requestRun(db, reference, 'dead-letters');
  try {
    const triggered = await schedules.trigger(sourceScheduleId(reference.tenant, reference.source));
    if (triggered.outcome === 'skipped') await takeRunRequest(db, reference);
    return triggered;
  } catch (error) {
    await takeRunRequest(db, reference);
    throw error;
  }
}

function chosen(
  ids: readonly string[],
  { failure, all }: RetryOptions,
): Pick<LetterChoice, 'failure' | 'ids'> {
  if (failure !== undefined && !isFailureName(failure))
    throw wrongUsage(
      `--failure is "${failure}", which is no failure. ${suggestion(failure, Object.keys(FAILURES), 'Failures')}`,
      `"${ourCommand('dead-letters')}" shows those that there are.`,
    );
  const isChosen = ids.length > 0 || failure !== undefined;
  if (isChosen === all)
    throw wrongUsage(
      all
        ? '--all goes with no choice of documents or failures.'
        : 'It is not said which dead letters are meant.',
      'Name their ids, or --failure NAME, or --all.',
    );
  return {
    ...(failure === undefined ? {} : { failure }),
    ...(ids.length === 0 ? {} : { ids }),
  };
}

function nothingToRetry(source: string): Problem {
  return new Problem(`Source "${source}" has no such dead letter, so nothing was started.`, {
    failure: 'NotFound',
    remedy: `"${ourCommand(`dead-letters ${source}`)}" lists them with their ids.`,
  });
}

function disabled(source: string): Problem {
  return new Problem(`Source "${source}" is disabled, so no run would try them.`, {
    failure: 'InvalidConfig',
    remedy: `They are due as soon as it runs again: set "enabled: true", then run "${ourCommand('apply')}".`,
  });
}
