import type { RepairActivities } from '../../workflows/repair/activities.ts';
import { checkCandidates } from './check-candidates.ts';
import { closeIncident, recordStage } from './close-incident.ts';
import type { RepairDependencies } from './dependencies.ts';
import { deployFix, rollbackFix } from './deploy-fix.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { openRepair } from './open-repair.ts';
import { proposeFixes } from './propose-fixes.ts';
import { proveFix } from './prove-fix.ts';
import { readGate, recordDecision } from './read-gate.ts';
import { readRecovery } from './read-recovery.ts';
import { reproduceFailure } from './reproduce-failure.ts';
import { tellOfRepair } from './tell-of-repair.ts';
import { watchProbation } from './watch-probation.ts';

/** Every activity of the area, out of the same dependencies as collecting. */
export function repairActivities(deps: RepairDependencies): RepairActivities {
  return {
    openRepair: (input) => openRepair(input, deps),
    reproduceFailure: (input) => reproduceFailure(input, deps),
    gatherEvidence: (input) => gatherEvidence(input, deps),
    proposeFixes: (input) => proposeFixes(input, deps),
    checkCandidates: (input) => checkCandidates(input, deps),
    proveFix: (input) => proveFix(input, deps),
    readGate: (input) => readGate(input, deps),
    recordDecision: (input) => recordDecision(input, deps),
    deployFix: (input) => deployFix(input, deps),
    watchProbation: (input) => watchProbation(input, deps),
    rollbackFix: (input) => rollbackFix(input, deps),
    readRecovery: (input) => readRecovery(input, deps),
    tellOfRepair: (input) => tellOfRepair(input, deps),
    recordStage: (input) => recordStage(input, deps),
    closeIncident: (input) => closeIncident(input, deps),
  };
}
