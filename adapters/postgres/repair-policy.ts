import { policyOf, type RepairPolicy } from '../../workflows/repair/policy.ts';
import { digestOf } from '../definitions/digest.ts';
import type { Database } from './database.ts';
import { definitionOf, repairInForce } from './revisions.ts';

/**
 * The policy of a source as the revision in force has it, with its hash: a decision made under another one no longer holds. Undefined when the
 * source is not in force.
 */
export async function repairPolicyOf(
  db: Database,
  source: string,
): Promise<RepairPolicy | undefined> {
  const found = await definitionOf(db, source);
  if (!found) return undefined;
  const { tenant, repair } = found.definition;
  const policy = policyOf(await repairInForce(db), tenant, repair);
  return { ...policy, hash: digestOf(policy) };
}
