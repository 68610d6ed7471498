import { cancellationSignal } from '@temporalio/activity';
import type { Incident } from '../../adapters/postgres/incidents.ts';
import { storeDefinition } from '../../adapters/postgres/revisions.ts';
import { candidatesOf, saveCandidates } from '../../adapters/postgres/repair-candidates.ts';
import { classify } from '../../workflows/classify.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { Proof, ProposedFixes, ProposeInput } from '../../workflows/repair/activities.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { Candidate } from '../strategies/candidate.ts';
import { findCandidates, type Abstention, type CandidateSet } from '../strategies/candidates.ts';
import { guidedStrategy } from '../strategies/guided.ts';
import { STRATEGIES } from '../strategies/index.ts';
import { cutBytes } from './cut-bytes.ts';
import type { RepairDependencies } from './dependencies.ts';
import { openEvidence, type OpenedCase } from './open-case.ts';
import { patchedDefinition } from './patched-definition.ts';
import { recallFixes } from './recall-fixes.ts';

/** The names and reasons that fit into an answer. */
const MAX_ABSTAINED = 20;
const MAX_CANDIDATES = 5;

/**
 * Runs every strategy on what may be shown, and a person's own words where they are selectors. Candidates are rows, and their definitions are
 * stored, before they are named here. Called again it stores nothing twice.
 */
export async function proposeFixes(
  input: ProposeInput,
  deps: RepairDependencies,
): Promise<ProposedFixes> {
  return withHeartbeat(
    () => ({ attempt: input.attempt }),
    async () => {
      const opened = await openEvidence(input, deps, cancellationSignal());
      if (opened.kind === 'nothing')
        return { candidates: [], abstained: [{ strategy: 'evidence', because: opened.because }] };
      const guided = input.guidance === undefined ? [] : [guidedStrategy(input.guidance)];
      const memory = await recallFixes(opened.incident, opened.evidence.view, deps);
      const found = await findCandidates(opened.evidence, {
        strategies: [memory, ...guided, ...STRATEGIES],
        refused: new Set([...input.refused, ...(await refusedBefore(opened.incident, deps))]),
        signal: cancellationSignal(),
      });
      return answer(await store(found, opened, input, deps));
    },
  );
}

/** What has failed for this incident already, also where the workflow that knew it was lost. */
async function refusedBefore(
  { id, repair }: Incident,
  { db }: RepairDependencies,
): Promise<readonly string[]> {
  const known = await candidatesOf(db, id);
  const taken = repair['rolledBack'] as { readonly patchDigest?: string } | undefined;
  const failed = known.filter(({ state, proof }) => state === 'failed' || isBad(proof));
  return [
    ...failed.map(({ patchDigest }) => patchDigest),
    ...(taken?.patchDigest === undefined ? [] : [taken.patchDigest]),
  ];
}

function isBad(proof: Partial<Proof> | undefined): boolean {
  return proof?.verdict === 'bad';
}

async function store(
  found: CandidateSet,
  opened: OpenedCase,
  { tenant, source, incident, attempt }: ProposeInput,
  { db }: RepairDependencies,
): Promise<CandidateSet> {
  const rows = [];
  const { candidates, unfit } = writable(found, opened.definition);
  for (const [position, { candidate, definition }] of candidates.entries())
    rows.push({
      incident,
      tenant,
      source,
      attempt,
      position,
      patchDigest: candidate.patchDigest,
      patch: candidate.patch,
      fromSpecDigest: opened.incident.specDigest,
      specDigest: candidate.specDigest,
      definitionDigest: await storeDefinition(db, definition),
      strategies: candidate.strategies,
      families: candidate.families,
      explains: explain(candidate, 4000),
      changedLines: candidate.changedLines,
      ...(candidate.margin === undefined ? {} : { margin: candidate.margin }),
      agree: found.agree,
      distinctPassing: found.distinctPassing,
    });
  await saveCandidates(db, rows);
  const stored = candidates.map(({ candidate }) => candidate);
  return { ...found, candidates: stored, abstained: [...unfit, ...found.abstained] };
}

/** Candidates with the definitions that they make; one that cannot be written as people write is none. */
function writable({ candidates }: CandidateSet, definition: SourceDefinition) {
  const fit: { readonly candidate: Candidate; readonly definition: SourceDefinition }[] = [];
  const unfit: Abstention[] = [];
  for (const candidate of candidates.slice(0, MAX_CANDIDATES))
    try {
      fit.push({ candidate, definition: patchedDefinition(definition, candidate.patch) });
    } catch (error) {
      unfit.push({ strategy: candidate.author, because: classify(error).message });
    }
  return { candidates: fit, unfit };
}

function answer({ candidates, failed, abstained }: CandidateSet): ProposedFixes {
  const reasons = [
    ...failed.map(({ candidate, because }) => ({ strategy: candidate.author, because })),
    ...abstained,
  ];
  // A person who said something is answered, however many strategies abstain.
  const first = reasons.toSorted((a, b) => Number(isGuided(b)) - Number(isGuided(a)));
  return {
    candidates: candidates.map((candidate) => ({
      patchDigest: candidate.patchDigest,
      specDigest: candidate.specDigest,
      strategies: candidate.strategies.slice(0, 10),
      explains: cutBytes(explain(candidate, 300), 300),
    })),
    abstained: first
      .slice(0, MAX_ABSTAINED)
      .map(({ strategy, because }) => ({ strategy, because: cutBytes(because, 180) })),
  };
}

function isGuided({ strategy }: Abstention): boolean {
  return strategy === 'guidance';
}

function explain({ explains }: Candidate, limit: number): string {
  return explains.join(' ').slice(0, limit).toWellFormed();
}
