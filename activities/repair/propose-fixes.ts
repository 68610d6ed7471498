import { cancellationSignal } from '@temporalio/activity';
import { storeDefinition } from '../../adapters/postgres/revisions.ts';
import { saveCandidates } from '../../adapters/postgres/repair-candidates.ts';
import type { ProposedFixes, ProposeInput } from '../../workflows/repair/activities.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { Candidate } from '../strategies/candidate.ts';
import { findCandidates, type CandidateSet } from '../strategies/candidates.ts';
import { guidedStrategy } from '../strategies/guided.ts';
import { STRATEGIES } from '../strategies/index.ts';
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
        refused: new Set(input.refused),
        signal: cancellationSignal(),
      });
      await store(found, opened, input, deps);
      return answer(found);
    },
  );
}

async function store(
  found: CandidateSet,
  opened: OpenedCase,
  { tenant, source, incident, attempt }: ProposeInput,
  { db }: RepairDependencies,
): Promise<void> {
  const rows = [];
  for (const [position, candidate] of found.candidates.slice(0, MAX_CANDIDATES).entries()) {
    const definition = patchedDefinition(opened.definition, candidate.patch);
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
  }
  await saveCandidates(db, rows);
}

function answer({ candidates, failed, abstained }: CandidateSet): ProposedFixes {
  return {
    candidates: candidates.slice(0, MAX_CANDIDATES).map((candidate) => ({
      patchDigest: candidate.patchDigest,
      specDigest: candidate.specDigest,
      strategies: candidate.strategies,
      explains: explain(candidate, 300),
    })),
    abstained: [
      ...failed.map(({ candidate, because }) => ({ strategy: candidate.author, because })),
      ...abstained,
    ]
      .slice(0, MAX_ABSTAINED)
      .map(({ strategy, because }) => ({ strategy, because: because.slice(0, 200) })),
  };
}

function explain({ explains }: Candidate, limit: number): string {
  return explains.join(' ').slice(0, limit).toWellFormed();
}
