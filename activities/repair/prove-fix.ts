import { noteCandidate, readCandidate } from '../../adapters/postgres/repair-candidates.ts';
import { failure } from '../../workflows/failures.ts';
import type { CandidateReference, Proof } from '../../workflows/repair/activities.ts';
import type { RunSummary } from '../../workflows/repair/run-summary.ts';
import { verificationFacts } from '../../workflows/repair/verification-facts.ts';
import {
  decidingSentence,
  verify,
  type Verification,
  type VerificationFacts,
} from '../../workflows/repair/verification.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { RepairDependencies } from './dependencies.ts';
import { lookLive, type LiveLook } from './look-live.ts';
import { openCase, type Case } from './open-case.ts';
import { knownValues, stableValues } from './stable-values.ts';
import { baselineOf } from './watch-probation.ts';

/**
 * The shadow run: the definition that the fix makes reads live pages by the code that collects. It stores nothing but its own report; a source
 * that is down proves nothing.
 * @throws StaleDecision - nobody has proposed the fix.
 */
export async function proveFix(
  input: CandidateReference,
  deps: RepairDependencies,
): Promise<Proof> {
  return withHeartbeat(
    () => ({ patchDigest: input.patchDigest }),
    async () => {
      const candidate = await readCandidate(deps.db, input);
      if (!candidate)
        throw failure(
          'StaleDecision',
          `Nobody has proposed fix "${input.patchDigest.slice(0, 8)}" for incident "${input.incident}".`,
        );
      const opened = await openCase(input, deps);
      const look = await lookLive(candidate.definitionDigest, candidate, deps);
      const proof = await judge(look, opened, deps);
      await noteCandidate(deps.db, candidate, { proof });
      return proof;
    },
  );
}

async function judge(look: LiveLook, opened: Case, deps: RepairDependencies): Promise<Proof> {
  if (look.kind === 'unavailable')
    return { verdict: 'inconclusive', because: look.because, pages: 0 };
  const baseline = await baselineOf(opened, deps);
  const known = await knownValues(opened, deps);
  const stable = known && (await stableValues(opened, known, { pages: look.pages }, deps));
  const facts = verificationFacts({
    summary: look.summary,
    baseline,
    ...(stable ? { stable } : {}),
  });
  const verification = verify({ ...facts, ...expectedOf(look.asked, baseline) });
  return {
    verdict: verification.verdict,
    because: sentence(look, verification),
    pages: look.asked,
  };
}

/** These pages alone were asked for: they have what they had before, not what the whole source had. */
function expectedOf(
  asked: number,
  baseline: readonly RunSummary[],
): Pick<VerificationFacts, 'baselineRecords'> {
  const pages = baseline.reduce((sum, run) => sum + run.pages, 0);
  const records = baseline.reduce((sum, run) => sum + run.records, 0);
  return pages > 0 ? { baselineRecords: (asked * records) / pages } : {};
}

function sentence({ asked }: Extract<LiveLook, { kind: 'read' }>, verification: Verification) {
  return `${asked} live pages were read with the fix. ${decidingSentence(verification)}`.slice(
    0,
    400,
  );
}
