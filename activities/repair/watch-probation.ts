import { digestOf } from '../../adapters/definitions/digest.ts';
import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import { readCandidate } from '../../adapters/postgres/repair-candidates.ts';
import { runsSince, type EndedRun } from '../../adapters/postgres/repair-runs.ts';
import { readGoodRuns } from '../../adapters/postgres/good-runs.ts';
import { readRunSummary } from '../../adapters/postgres/run-summaries.ts';
import { definitionByDigest, definitionOf } from '../../adapters/postgres/revisions.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { CandidateReference, ProbationReading } from '../../workflows/repair/activities.ts';
import { HISTORY_RUNS, laggedBaseline } from '../../workflows/repair/detectors/baseline.ts';
import { NO_TALLY, type RunSummary } from '../../workflows/repair/run-summary.ts';
import { verificationFacts } from '../../workflows/repair/verification-facts.ts';
import { decidingSentence, verify } from '../../workflows/repair/verification.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { RepairDependencies } from './dependencies.ts';
import { openCase, type Case } from './open-case.ts';
import { knownValues, stableValues, type KnownValues } from './stable-values.ts';

/** A payload of history stays small: probation needs three runs, and a hold of weeks is no reason for more. */
const MAX_RUNS = 20;

/** Every run on the fix since its deployment, judged against the runs before the break. Reads only. */
export async function watchProbation(
  input: CandidateReference,
  deps: RepairDependencies,
): Promise<ProbationReading> {
  return withHeartbeat(
    () => ({ patchDigest: input.patchDigest }),
    async () => {
      const opened = await openCase(input, deps);
      const candidate = await readCandidate(deps.db, input);
      const deployedAtMs = deploymentOf(opened)?.atMs;
      if (!candidate || deployedAtMs === undefined) return { runs: [] };
      const inForce = await definitionOf(deps.db, input.source);
      const digest = inForce && specDigest(input.source, inForce.definition.config['extract']);
      const runs = (await runsSince(deps.db, opened.incident, new Date(deployedAtMs))).filter(
        (run) => (run.specDigest ?? digest) === candidate.specDigest,
      );
      return {
        runs: await judged(runs.slice(-MAX_RUNS), opened, candidate.specDigest, deps),
        ...(digest === candidate.specDigest ? {} : { superseded: movedSentence(input.source) }),
      };
    },
  );
}

/** What `deployFix` has noted. */
function deploymentOf({
  incident,
}: Case): { readonly atMs: number; readonly patchDigest: string } | undefined {
  const found = incident.repair['deployed'] as
    | { readonly atMs: number; readonly patchDigest: string }
    | undefined;
  return typeof found?.atMs === 'number' ? found : undefined;
}

/** Good runs from before the break, on the spec that broke or on those that fixes of ours have led to it from. */
export async function baselineOf(
  { incident }: Pick<Case, 'incident'>,
  { db }: Pick<RepairDependencies, 'db'>,
): Promise<readonly RunSummary[]> {
  const good = await readGoodRuns(db, {
    ...incident,
    before: incident.firstFailureAt,
    limit: HISTORY_RUNS,
  });
  return laggedBaseline(good.filter(({ pages, unmodified }) => pages + unmodified > 0));
}

async function judged(
  runs: readonly EndedRun[],
  opened: Case,
  spec: string,
  deps: RepairDependencies,
): Promise<ProbationReading['runs']> {
  if (runs.length === 0) return [];
  const baseline = await baselineOf(opened, deps);
  const known = await knownValues(opened, deps);
  const judging = { baseline, known, opened, deps, spec };
  const verdicts = [];
  for (const [at, run] of runs.entries())
    verdicts.push(await judge(run, runs.slice(0, at), judging));
  return verdicts;
}

interface Judging {
  readonly baseline: readonly RunSummary[];
  readonly known: KnownValues | undefined;
  readonly opened: Case;
  readonly deps: RepairDependencies;
  readonly spec: string;
}

async function judge(
  run: EndedRun,
  earlier: readonly EndedRun[],
  { baseline, known, opened, deps, spec }: Judging,
): Promise<ProbationReading['runs'][number]> {
  const summary = await readRunSummary(deps.db, run.run);
  // A page that was not modified since is as a run before has read it on the same fix.
  const unmodified = (summary?.unmodified ?? 0) > 0 ? earlier : [];
  const runs = [...unmodified, run].map((one) => one.run);
  const stable = known && (await stableValues(opened, known, { runs }, deps));
  const { failure, endedAtMs } = run;
  // Without a page, or where people collect something else by now, nothing can be compared: only how the run ended counts.
  const isLike = summary !== undefined && (await isSameButFix(run, opened, deps));
  const verification = verify(
    verificationFacts({
      summary: summary ?? emptySummary(run, spec),
      baseline: isLike ? baseline : [],
      onlyDeletionsKept: onlyDeletionsKept(run),
      ...(failure ? { failure } : {}),
      ...(stable ? { stable } : {}),
    }),
  );
  const because = decidingSentence(verification);
  return { run: run.run, endedAtMs, verdict: verification.verdict, because: because.slice(0, 300) };
}

/** Does the run collect what was collected before, all but its extraction? */
async function isSameButFix(
  { definitionDigest }: EndedRun,
  { incident, definition }: Case,
  { db }: RepairDependencies,
): Promise<boolean> {
  if (definitionDigest === incident.definitionDigest) return true;
  const found = await definitionByDigest(db, definitionDigest);
  return found !== undefined && digestOf(collected(found)) === digestOf(collected(definition));
}

function collected({ config: { extract: _extract, ...config } }: SourceDefinition): object {
  return config;
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
