import type { Database } from '../../adapters/postgres/database.ts';
import { labelOutcome, recordOutcome } from '../../adapters/postgres/repair-outcomes.ts';
import { evidenceScore, type EvidenceFeatures } from '../../workflows/repair/confidence.ts';

/** What finds the fix of the shop, and what its break is called. */
export const DEMO_FAMILY = 'relocate';
export const DEMO_FAILURE = 'SelectorMissing';

/** Fixes that went well, and weaker ones that did not: what months of repairs would have taught. */
const GOOD = 90;
const BAD = 12;
const DAY_MS = 86_400_000;

/**
 * Makes up outcomes of earlier repairs by the same family of strategies, marked as synthetic: without any, the gate never deploys by itself.
 * Their number is what the gate then knows, so it says so in its reasons.
 */
export async function seedOutcomes(db: Database): Promise<number> {
  const now = Date.now();
  for (let index = 0; index < GOOD + BAD; index += 1) {
    const isGood = index < GOOD;
    const incident = `synthetic-${index + 1}`;
    const decidedAt = new Date(now - (1 + (index % 20)) * DAY_MS);
    const score = evidenceScore(isGood ? STRONG : WEAK)?.score ?? 0;
    await recordOutcome(db, {
      incident,
      tenant: 'default',
      source: `synthetic-${index % 9}`,
      fingerprint: index.toString(16).padStart(64, '0'),
      family: DEMO_FAMILY,
      strategy: 'synthetic',
      failure: DEMO_FAILURE,
      failingFields: ['title'],
      patchDigest: index.toString(16).padStart(64, '0'),
      patch: [],
      decision: { decision: 'pull-request', score, probability: 0.5, shadowDeploy: isGood },
      synthetic: true,
      decidedAt,
    });
    const label = isGood ? 'success' : 'failure';
    await labelOutcome(db, { incident, label, rolledBack: false, by: 'demo', at: decidedAt });
  }
  return GOOD + BAD;
}

const STRONG: EvidenceFeatures = {
  repro: 1,
  f2p: 1,
  holdout: 1,
  oracle: 1,
  agree: 0.5,
  ambig: 0,
  margin: 0.5,
  size: 0.2,
  breadth: 0,
  drift: 0.6,
  review: 0,
  memory: 0,
};
const WEAK: EvidenceFeatures = {
  ...STRONG,
  f2p: 0.5,
  holdout: 0.4,
  oracle: 0.4,
  margin: 0.1,
  ambig: 1,
};
