import { cancellationSignal } from '@temporalio/activity';
import {
  noteCandidate,
  readCandidate,
  type StoredCandidate,
} from '../../adapters/postgres/repair-candidates.ts';
import type { CheckedFixes, CheckInput, ChosenFix } from '../../workflows/repair/activities.ts';
import { combined, type CheckReport } from '../../workflows/repair/checks.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { checkCandidate, type CheckedCandidate } from './check-candidate.ts';
import { cutBytes } from './cut-bytes.ts';
import type { RepairDependencies } from './dependencies.ts';
import { openEvidence, type OpenedCase } from './open-case.ts';
import { refusedDefinition } from './refused-definition.ts';

/** What is kept of the checks of a candidate, for the gate and for people. */
export interface StoredChecks {
  readonly checks: CheckedCandidate['checks'];
  readonly features: CheckedCandidate['features'];
  readonly changes: CheckedCandidate['changes'];
  readonly values: CheckedCandidate['values'];
  readonly heldOutBodies: number;
}

/**
 * Runs every check of each candidate on all bodies, held-out ones too, and takes the first one that fails none: they come in the order of how
 * many independent strategies stand behind them. What failed is never proposed again for the incident.
 */
export async function checkCandidates(
  input: CheckInput,
  deps: RepairDependencies,
): Promise<CheckedFixes> {
  return withHeartbeat(
    () => ({ candidates: input.candidates.length }),
    async () => {
      const opened = await openEvidence(input, deps, cancellationSignal());
      if (opened.kind === 'nothing') return { failed: [], because: opened.because };
      const failed: string[] = [];
      let because = 'Nobody has proposed a fix.';
      for (const patchDigest of input.candidates) {
        const candidate = await readCandidate(deps.db, { incident: input.incident, patchDigest });
        if (!candidate) continue;
        const stored = await check(candidate, opened, deps);
        if (combined(stored.checks) !== 'fail')
          return { chosen: await choose(candidate, stored, deps), failed };
        failed.push(patchDigest);
        because = `The fix by ${candidate.strategies.join(', ')} fails a check. ${firstFinding(stored.checks)}`;
        await noteCandidate(deps.db, candidate, { state: 'failed' });
      }
      return { failed, because: cutBytes(because, 500) };
    },
  );
}

async function check(
  candidate: StoredCandidate,
  { definition, evidence }: OpenedCase,
  deps: RepairDependencies,
): Promise<StoredChecks> {
  const checked = await checkCandidate(candidate.patch, evidence, {
    signal: cancellationSignal(),
    refuses: (patch) => refusedDefinition(definition, patch, deps),
  });
  const { checks, features, changes, values } = checked;
  const stored = { checks, features, changes, values, heldOutBodies: evidence.heldOut.length };
  await noteCandidate(deps.db, candidate, { checked: stored });
  return stored;
}

async function choose(
  candidate: StoredCandidate,
  { checks, changes, values }: StoredChecks,
  { db }: RepairDependencies,
): Promise<ChosenFix> {
  await noteCandidate(db, candidate, { state: 'chosen' });
  const { patchDigest, specDigest, strategies, explains } = candidate;
  return {
    patchDigest,
    specDigest,
    strategies,
    explains: cutBytes(explains, 500),
    checks: checks.map(checkLine),
    changes,
    values,
  };
}

function checkLine({ check: name, verdict, findings: [first] }: CheckReport): string {
  const why = verdict === 'pass' || first === undefined ? '' : ` – ${first}`;
  return cutBytes(`${name}: ${verdict}${why}`, 200);
}

function firstFinding(checks: readonly CheckReport[]): string {
  const failed = checks.find(({ verdict }) => verdict === 'fail');
  return failed?.findings[0] ?? '';
}
