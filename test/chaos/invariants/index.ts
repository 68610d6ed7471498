import type { Evidence, InvariantId, Violation } from '../evidence.ts';
import { deletionsFollow } from './deletions-follow.ts';
import { everythingTerminates } from './everything-terminates.ts';
import { honestStatus } from './honest-status.ts';
import { knowledgeBaseCovers } from './knowledge-base-covers.ts';
import { deploysAreDecided } from './deploys-are-decided.ts';
import { noDouble } from './no-double.ts';
import { noLoss } from './no-loss.ts';
import { noStaleOverwrite } from './no-stale-overwrite.ts';
import { oneIncident } from './one-incident.ts';
import { recorded } from './recorded.ts';
import { secretsStaySecret } from './secrets-stay-secret.ts';

/** A promise: a sentence for each way in which the evidence breaks it. */
type Invariant = (evidence: Evidence) => readonly string[];

const ALL: Readonly<Record<InvariantId, Invariant>> = {
  I1: noLoss,
  I2: noDouble,
  I3: noStaleOverwrite,
  I4: deletionsFollow,
  I5: knowledgeBaseCovers,
  I6: honestStatus,
  I7: oneIncident,
  I8: deploysAreDecided,
  I9: everythingTerminates,
  I10: recorded,
  I11: secretsStaySecret,
};

/** Judges all invariants. */
export function check(evidence: Evidence): readonly Violation[] {
  return Object.entries(ALL).flatMap(([invariant, judge]) =>
    judge(evidence).map((says) => ({ of: invariant as InvariantId, says })),
  );
}
