import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import { runsSince } from '../../adapters/postgres/repair-runs.ts';
import { definitionOf } from '../../adapters/postgres/revisions.ts';
import type { IncidentReference, Recovery } from '../../workflows/repair/activities.ts';
import type { RepairDependencies } from './dependencies.ts';
import { openCase } from './open-case.ts';

/**
 * A run that began after the last failure, on the spec that failed or on one that people have put in force since, and that ended well: no
 * detector held it, and it read something. Runs that only repeat dead letters say nothing, and runs on a fix of ours are judged elsewhere.
 */
export async function readRecovery(
  input: IncidentReference,
  deps: RepairDependencies,
): Promise<Recovery> {
  const { incident } = await openCase(input, deps);
  const inForce = await definitionOf(deps.db, input.source);
  const now = inForce && specDigest(input.source, inForce.definition.config['extract']);
  const isOurs = incident.repair['deployed'] !== undefined;
  const specs = isOurs ? [incident.specDigest] : [incident.specDigest, now];
  const runs = await runsSince(deps.db, incident, incident.openedAt);
  const own = runs.filter((run) => run.specDigest !== undefined && specs.includes(run.specDigest));
  const good = own.find(({ status, read }) => isGood(status) && read > 0);
  const failedAgain = own.filter(({ failure }) => failure === incident.failure).length;
  return {
    recovered: good !== undefined,
    ...(good ? { run: good.run } : {}),
    failedAgain,
    ...(now === undefined ? {} : { specDigest: now }),
  };
}

function isGood(status: string): boolean {
  return status === 'succeeded' || status === 'partial';
}
