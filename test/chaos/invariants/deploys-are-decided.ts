import type { FailureName } from '../../../workflows/failures.ts';
import { isRepairable } from '../../../workflows/repair/incident.ts';
import type {
  DecisionEvidence,
  Evidence,
  IncidentEvidence,
  MoveEvidence,
  RepairEvidence,
  VerdictEvidence,
} from '../evidence.ts';

/**
 * I8: a deploy for each valid decision about exactly that candidate, once, and no other deploy: none after a reject, an expiry or a newer
 * candidate. A fix on which a run fails goes.
 */
export function deploysAreDecided(evidence: Evidence): readonly string[] {
  const { repair } = evidence;
  const deploys = repair.moves.filter(({ move }) => move === 'deployed');
  return [
    ...twice(deploys),
    ...deploys.flatMap((deploy) => undecided(deploy, repair)),
    ...repair.decisions.flatMap((decision) => forgotten(decision, repair)),
    ...repair.incidents.flatMap((incident) => wrongEnd(incident, repair)),
    ...deploys.flatMap((deploy) => keptThoughBad(deploy, evidence)),
  ];
}

function nameOf({ patchDigest, incident }: Pick<MoveEvidence, 'patchDigest' | 'incident'>): string {
  return `Fix ${patchDigest.slice(0, 8)} of "${incident}"`;
}

function twice(deploys: readonly MoveEvidence[]): readonly string[] {
  const same = Map.groupBy(deploys, ({ incident, patchDigest }) => `${incident} ${patchDigest}`);
  return [...same.values()].flatMap(([first, ...others]) =>
    first && others.length > 0 ? [`${nameOf(first)} was deployed ${others.length + 1} times.`] : [],
  );
}

function undecided(deploy: MoveEvidence, repair: RepairEvidence): readonly string[] {
  const last = repair.decisions.findLast(
    ({ incident, atMs }) => incident === deploy.incident && atMs <= deploy.atMs,
  );
  const of = `${nameOf(deploy)} was deployed, but`;
  if (!last) return [`${of} nothing had been decided.`];
  if (last.patchDigest !== deploy.patchDigest)
    return [`${of} the newest candidate was ${last.patchDigest.slice(0, 8)}.`];
  if (last.decision === 'deploy') return [];
  const verdict = verdictOn(last, repair.verdicts);
  if (!verdict || verdict.atMs > deploy.atMs) return [`${of} nobody had approved it.`];
  return verdict.verdict === 'approve'
    ? []
    : [`${of} "${verdict.by}" had said ${verdict.verdict}.`];
}

/** The first verdict on the question about it that names both the question and exactly these bytes; later ones change nothing. */
function verdictOn(
  { requestId, patchDigest, policyHash }: DecisionEvidence,
  verdicts: readonly VerdictEvidence[],
): VerdictEvidence | undefined {
  return verdicts.find(
    (one) => one.requestId === requestId && one.digest === `${patchDigest}.${policyHash}`,
  );
}

/** What is good by itself meanwhile, or is left to people with the reason, needs no deploy. */
const LEFT: ReadonlySet<string | null> = new Set(['recovered', 'not-reproduced', 'alerted']);

function forgotten(decision: DecisionEvidence, repair: RepairEvidence): readonly string[] {
  const { incident: id, patchDigest, atMs } = decision;
  const incident = repair.incidents.find((one) => one.id === id);
  const verdict = verdictOn(decision, repair.verdicts);
  // What came when it was over already is told so, and changes nothing.
  const inTime = verdict !== undefined && verdict.atMs <= (incident?.closedAtMs ?? Infinity);
  const approved = decision.decision === 'deploy' || (inTime && verdict.verdict === 'approve');
  const isLast = !repair.decisions.some((one) => one.incident === id && one.atMs > atMs);
  const done = repair.moves.some(
    (one) => one.incident === id && one.patchDigest === patchDigest && one.move === 'deployed',
  );
  if (!approved || done || !isLast || incident?.stage === 'parked') return [];
  return LEFT.has(incident?.outcome ?? null)
    ? []
    : [`${nameOf(decision)} was approved, and is not deployed.`];
}

const DEPLOYED: ReadonlySet<string> = new Set([
  'auto-deployed-ok',
  'auto-deployed-rolled-back',
  'pr-merged-unchanged',
  'pr-merged-edited',
  'pr-merged-rolled-back',
]);

function wrongEnd({ id, outcome }: IncidentEvidence, { moves }: RepairEvidence): readonly string[] {
  if (outcome === null) return [];
  const own = moves.filter(({ incident }) => incident === id);
  const isDeployed = own.some(({ move }) => move === 'deployed');
  const isBack = own.some(({ move }) => move === 'rolled-back' || move === 'superseded');
  const of = `Incident "${id}" ended as ${outcome}`;
  if (DEPLOYED.has(outcome) && !isDeployed) return [`${of}, but nothing was deployed.`];
  if (isDeployed && !DEPLOYED.has(outcome) && outcome !== 'alerted')
    return [`${of}, but its fix was deployed.`];
  if (outcome.endsWith('rolled-back') && !isBack) return [`${of}, but nothing was taken back.`];
  return [];
}

/** A run that began on the fix while it was on probation, and failed by what a fix is there to mend. */
function keptThoughBad(deploy: MoveEvidence, { repair, runs }: Evidence): readonly string[] {
  const { incident: id, source, definitionDigest, atMs } = deploy;
  const endMs = repair.incidents.find((one) => one.id === id)?.closedAtMs ?? Infinity;
  const bad = runs.find(
    (run) =>
      source.endsWith(` ${run.source}`) &&
      run.digest === definitionDigest &&
      run.status === 'failed' &&
      run.failure !== null &&
      isRepairable(run.failure as FailureName) &&
      run.startedAtMs >= atMs &&
      (run.finishedAtMs ?? Infinity) <= endMs,
  );
  const isBack = repair.moves.some(
    (one) => one.incident === id && one.move !== 'deployed' && one.move !== 'landed',
  );
  return bad && !isBack
    ? [`${nameOf(deploy)} is in force, although run ${bad.id} failed on it.`]
    : [];
}
