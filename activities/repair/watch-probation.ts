import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import { readCandidate } from '../../adapters/postgres/repair-candidates.ts';
import { runsSince, type EndedRun } from '../../adapters/postgres/repair-runs.ts';
import { readRunSummaries, readRunSummary } from '../../adapters/postgres/run-summaries.ts';
import { definitionOf } from '../../adapters/postgres/revisions.ts';
import type { CandidateReference, ProbationReading } from '../../workflows/repair/activities.ts';
import { laggedBaseline } from '../../workflows/repair/detectors/baseline.ts';
import { NO_TALLY, type RunSummary } from '../../workflows/repair/run-summary.ts';
import { verificationFacts } from '../../workflows/repair/verification-facts.ts';
import { decidingSentence, verify } from '../../workflows/repair/verification.ts';
import type { RepairDependencies } from './dependencies.ts';
import { openCase, type Case } from './open-case.ts';
import { stableValues } from './stable-values.ts';

/** A payload of history stays small: probation needs three runs, and a hold of weeks is no reason for more. */
const MAX_RUNS = 20;

/** Every run on the fix since its deployment, judged against the runs before the break. Reads only. */
export async function watchProbation(
  input: CandidateReference,
  deps: RepairDependencies,
): Promise<ProbationReading> {
  const opened = await openCase(input, deps);
  const candidate = await readCandidate(deps.db, input);
  const deployedAtMs = deploymentOf(opened)?.atMs;
  if (!candidate || deployedAtMs === undefined) return { runs: [] };
  const inForce = await definitionOf(deps.db, input.source);
  const digest = inForce && specDigest(input.source, inForce.definition.config['extract']);
  const runs = (await runsSince(deps.db, opened.incident, new Date(deployedAtMs))).filter(
    (run) => (run.specDigest ?? digest) === candidate.specDigest,
  );
  const baseline = await baselineOf(opened, deps);
  const judged = [];
  for (const run of runs.slice(-MAX_RUNS))
    judged.push(await judge(run, { baseline, opened, deps, spec: candidate.specDigest }));
  return {
    runs: judged,
    ...(digest === candidate.specDigest ? {} : { superseded: movedSentence(input.source) }),
  };
}

/** What `deployFix` has noted. */
export function deploymentOf({
  incident,
}: Case): { readonly atMs: number; readonly patchDigest: string } | undefined {
  const found = incident.repair['deployed'] as
    | { readonly atMs: number; readonly patchDigest: string }
    | undefined;
  return typeof found?.atMs === 'number' ? found : undefined;
}

/** Good runs of the spec that broke, from before it broke. */
export async function baselineOf(
  { incident }: Case,
  { db }: Pick<RepairDependencies, 'db'>,
): Promise<readonly RunSummary[]> {
  const summaries = await readRunSummaries(db, incident, 60);
  const brokeAtMs = incident.firstFailureAt.getTime();
  const good = summaries.filter(
    ({ status, endedAtMs, specDigest: spec, pages, unmodified }) =>
      (status === 'succeeded' || status === 'partial') &&
      endedAtMs < brokeAtMs &&
      spec === incident.specDigest &&
      pages + unmodified > 0,
  );
  return laggedBaseline(good);
}

interface Judging {
  readonly baseline: readonly RunSummary[];
  readonly opened: Case;
  readonly deps: RepairDependencies;
  readonly spec: string;
}

async function judge(
  run: EndedRun,
  { baseline, opened, deps, spec }: Judging,
): Promise<ProbationReading['runs'][number]> {
  const summary = await readRunSummary(deps.db, run.run);
  const stable = await stableValues(opened, { run: run.run }, deps);
  const { status, failure, endedAtMs } = run;
  const verification = verify(
    verificationFacts({
      summary: summary ?? emptySummary(run, spec),
      // Without a page nothing can be compared: only how the run ended counts.
      baseline: summary ? baseline : [],
      onlyDeletionsKept: onlyDeletionsKept(run),
      ...(failure ? { failure } : {}),
      ...(stable ? { stable } : {}),
    }),
  );
  const ended = `The run ended ${status}`;
  const deciding = decidingSentence(verification);
  const because = deciding.startsWith(ended) ? deciding : `${ended}. ${deciding}`;
  return { run: run.run, endedAtMs, verdict: verification.verdict, because: because.slice(0, 300) };
}

function emptySummary({ run, status, endedAtMs }: EndedRun, spec: string): RunSummary {
  return { ...NO_TALLY, run, status, endedAtMs, trigger: 'schedule', specDigest: spec };
}

/** Everything was read well, and the run is `partial` or `held` for nothing but what an open incident keeps back. */
function onlyDeletionsKept({ status, failed, listingComplete, heldFor }: EndedRun): boolean {
  if (failed > 0 || listingComplete === false) return false;
  return status === 'partial' || (status === 'held' && heldFor === 'deletions');
}

function movedSentence(source: string): string {
  return `Another extraction of source "${source}" is in force now.`;
}
