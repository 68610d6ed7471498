import type { Transaction } from 'kysely';
import { definitionByDigest } from '../../adapters/postgres/revisions.ts';
import { readFindings } from '../../adapters/postgres/good-runs.ts';
import { reportFailure, type Reported } from '../../adapters/postgres/report-failure.ts';
import { noteNotice } from '../../adapters/postgres/notices.ts';
import type { Tables } from '../../adapters/postgres/tables.ts';
import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import type { FinishRunInput } from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { Finding } from '../../workflows/repair/detectors/finding.ts';
import { heals, isRepairable, opensIncident } from '../../workflows/repair/incident.ts';
import { findBreaks } from './detect-breaks.ts';
import { failureOf, type Broken } from './failure-of.ts';
import { incidentNotice, stormNotice } from './tell-of-incident.ts';

export interface ReportedBreaks {
  /** People are told by the incident, or are not to be told again: the run itself needs no notice. */
  readonly told: boolean;
}

/**
 * Opens or counts the incidents of a run that failed or was held, in the transaction that ends it. A run that asks people a question about a
 * source that heals opens none: the question stands for it. Nor does what our own infrastructure broke.
 */
export async function reportBreaks(
  tx: Transaction<Tables>,
  end: FinishRunInput,
  digest: string,
): Promise<ReportedBreaks> {
  const { verdict, platform } = end;
  const isBroken = verdict.status === 'failed' || verdict.status === 'held';
  if (!isBroken || platform) return { told: false };
  const definition = await definitionByDigest(tx, digest);
  if (!definition) return { told: false };
  const noted = await readFindings(tx, end.runId);
  // A read that broke off has noted nothing.
  const said = noted.length > 0 ? noted : await findBreaks({ ...end, digest }, definition, tx);
  const findings = breaksOf(end, definition, said);
  let told = false;
  for (const finding of findings) {
    const broken = brokenRun(end, digest, definition, finding);
    const reported = await reportFailure(tx, broken);
    if (await tellOfBreak(tx, broken, reported)) told = true;
  }
  return { told };
}

function breaksOf(
  { verdict, held }: FinishRunInput,
  definition: SourceDefinition,
  findings: readonly Finding[],
): readonly Broken['finding'][] {
  const { status, failure = 'Defect', because } = verdict;
  const holding = findings.filter(({ severity }) => severity === 'hold');
  if (status === 'held' && held?.incident !== undefined && holding.length > 0) return holding;
  if (status === 'held' && heals(definition)) return [];
  // The detectors know the fields of a break that the documents agree on, and the name of one that they do not.
  const explains = holding.filter(
    (one) => failure === 'InvalidDocument' || one.failure === failure,
  );
  if (status === 'failed' && explains.length > 0) return explains;
  const own = { detector: 'run', failure, fields: [], because } as const;
  return opensIncident({ name: failure, detector: 'run' }) ? [own] : [];
}

function brokenRun(
  { tenant, source, runId }: FinishRunInput,
  digest: string,
  definition: SourceDefinition,
  finding: Broken['finding'],
): ReturnType<typeof failureOf> {
  const spec = heals(definition) ? specDigest(source, definition.config['extract']) : undefined;
  return failureOf({
    run: { tenant, source, digest, runId },
    definition,
    ...(spec === undefined ? {} : { specDigest: spec }),
    finding,
    atMs: Date.now(),
  });
}

/** One message a break. Where no repair can heal, the notice of the run is the message. */
async function tellOfBreak(
  tx: Transaction<Tables>,
  failure: ReturnType<typeof failureOf>,
  reported: Reported,
): Promise<boolean> {
  for (const storm of reported.storms) await noteNotice(tx, stormNotice(storm, failure));
  if (!failure.heals || !isRepairable(failure.name)) return false;
  const isNews = reported.kind === 'opened' || reported.kind === 'counted';
  if (isNews && reported.storm === undefined)
    await noteNotice(tx, incidentNotice(failure, reported.incident));
  return true;
}
