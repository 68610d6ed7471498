import { cancellationSignal } from '@temporalio/activity';
import type { Reproduction, ReproduceInput } from '../../workflows/repair/activities.ts';
import type { RunSummary } from '../../workflows/repair/run-summary.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { RepairDependencies } from './dependencies.ts';
import { failingNow } from './failing-now.ts';
import { loadEvidence } from './load-evidence.ts';
import { lookLive } from './look-live.ts';
import { openCase, questionOf, type Case } from './open-case.ts';

/**
 * Does the failure come back? The bodies that were kept are replayed twice through the spec in force, and both times the same fields must
 * fail. Without a body the pages are asked for once more, which proves half as much.
 */
export async function reproduceFailure(
  input: ReproduceInput,
  deps: RepairDependencies,
): Promise<Reproduction> {
  return withHeartbeat(
    () => ({ round: input.round }),
    async () => {
      const opened = await openCase(input, deps);
      const replayed = await replay(opened, deps);
      return replayed ?? (await fetchOnceMore(opened, deps));
    },
  );
}

/** Undefined when no body was kept. */
async function replay(opened: Case, deps: RepairDependencies): Promise<Reproduction | undefined> {
  const question = questionOf(opened, cancellationSignal());
  const [first, second] = [await loadEvidence(question, deps), await loadEvidence(question, deps)];
  if (first.kind === 'nothing' || second.kind === 'nothing' || first.view.failing.length === 0)
    return undefined;
  const { fields } = opened.incident;
  const once = await failingNow(first.view, fields, question.signal);
  const twice = await failingNow(second.view, fields, question.signal);
  const pages = first.view.failing.length;
  if (once.length === 0)
    return {
      verdict: 'not-reproduced',
      strength: 0,
      because: `The spec in force reads all ${pages} kept pages well.`,
    };
  if (once.join(',') !== twice.join(','))
    return {
      verdict: 'not-reproduced',
      strength: 0,
      because: 'Two replays of the same bodies failed in different fields.',
    };
  return {
    verdict: 'reproduced',
    strength: 1,
    because: `${pages} kept pages were replayed twice; both times ${named(once)} failed.`,
  };
}

async function fetchOnceMore(
  { incident, definition }: Case,
  deps: RepairDependencies,
): Promise<Reproduction> {
  const look = await lookLive(
    incident.definitionDigest,
    { tenant: incident.tenant, source: definition.id },
    deps,
  );
  if (look.kind === 'unavailable')
    return { verdict: 'unavailable', strength: 0, because: look.because };
  return failsAgain(look.summary, incident.fields)
    ? {
        verdict: 'reproduced',
        strength: 0.5,
        because: 'No body was kept; the pages were asked for once more and failed in the same way.',
      }
    : {
        verdict: 'not-reproduced',
        strength: 0,
        because:
          'No body was kept, and the pages were read well when they were asked for once more.',
      };
}

/** A field that most records lack; the list itself where there is none, or where no field was named. */
function failsAgain({ fields, records }: RunSummary, wanted: readonly string[]): boolean {
  if (records === 0 && (wanted.length === 0 || wanted.includes(''))) return true;
  return fields.some(({ name, present, missing }) => missing > present && wanted.includes(name));
}

function named(fields: readonly string[]): string {
  return fields.map((field) => (field === '' ? 'the list of records' : `"${field}"`)).join(', ');
}
