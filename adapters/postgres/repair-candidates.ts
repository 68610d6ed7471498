import type { SpecPatch } from '../../workflows/repair/patch.ts';
import type { Database } from './database.ts';

/** A proposed fix, as it is stored. */
export interface StoredCandidate {
  readonly incident: string;
  readonly patchDigest: string;
  readonly tenant: string;
  readonly source: string;
  readonly attempt: number;
  readonly position: number;
  readonly patch: SpecPatch;
  readonly fromSpecDigest: string;
  readonly specDigest: string;
  /** The definition that it makes, which is stored and not in force. */
  readonly definitionDigest: string;
  readonly strategies: readonly string[];
  readonly families: readonly string[];
  readonly explains: string;
  readonly changedLines: number;
  readonly margin?: number;
  readonly agree: number;
  readonly distinctPassing: number;
  readonly state: CandidateState;
  /** What the caller has stored: reports of checks, of the shadow run, of the gate. */
  readonly checked?: object;
  readonly proof?: object;
  readonly decision?: object;
}

export type CandidateState = 'proposed' | 'failed' | 'chosen';

/** Keeps proposals. One that is known stays as it is, whatever became of it: proposing twice changes nothing. */
export async function saveCandidates(
  db: Database,
  candidates: readonly Omit<StoredCandidate, 'state' | 'checked' | 'proof' | 'decision'>[],
): Promise<void> {
  if (candidates.length === 0) return;
  const rows = candidates.map((one) => ({
    incident: one.incident,
    patch_digest: one.patchDigest,
    tenant: one.tenant,
    source: one.source,
    attempt: one.attempt,
    position: one.position,
    patch: JSON.stringify(one.patch),
    from_spec_digest: one.fromSpecDigest,
    spec_digest: one.specDigest,
    definition_digest: one.definitionDigest,
    strategies: JSON.stringify(one.strategies),
    families: JSON.stringify(one.families),
    explains: one.explains,
    changed_lines: one.changedLines,
    margin: one.margin ?? null,
    agree: one.agree,
    distinct_passing: one.distinctPassing,
    state: 'proposed' as const,
  }));
  await db
    .insertInto('repair_candidates')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['incident', 'patch_digest']).doNothing())
    .execute();
}

/** Undefined when nobody has proposed it for the incident. */
export async function readCandidate(
  db: Database,
  { incident, patchDigest }: { readonly incident: string; readonly patchDigest: string },
): Promise<StoredCandidate | undefined> {
  const row = await db
    .selectFrom('repair_candidates')
    .selectAll()
    .where('incident', '=', incident)
    .where('patch_digest', '=', patchDigest)
    .executeTakeFirst();
  return row && toCandidate(row);
}

/** All of an incident, in the order in which they were proposed. */
export async function candidatesOf(
  db: Database,
  incident: string,
): Promise<readonly StoredCandidate[]> {
  const rows = await db
    .selectFrom('repair_candidates')
    .selectAll()
    .where('incident', '=', incident)
    .orderBy('attempt')
    .orderBy('position')
    .execute();
  return rows.map(toCandidate);
}

/** What has become known of a candidate since; what is left out stays. */
export async function noteCandidate(
  db: Database,
  { incident, patchDigest }: { readonly incident: string; readonly patchDigest: string },
  known: Partial<Pick<StoredCandidate, 'state' | 'checked' | 'proof' | 'decision'>>,
): Promise<void> {
  const { state, checked, proof, decision } = known;
  await db
    .updateTable('repair_candidates')
    .set({
      ...(state ? { state } : {}),
      ...(checked ? { checked: JSON.stringify(checked) } : {}),
      ...(proof ? { proof: JSON.stringify(proof) } : {}),
      ...(decision ? { decision: JSON.stringify(decision) } : {}),
    })
    .where('incident', '=', incident)
    .where('patch_digest', '=', patchDigest)
    .execute();
}

interface CandidateRow {
  readonly incident: string;
  readonly patch_digest: string;
  readonly tenant: string;
  readonly source: string;
  readonly attempt: number;
  readonly position: number;
  readonly patch: readonly object[];
  readonly from_spec_digest: string;
  readonly spec_digest: string;
  readonly definition_digest: string;
  readonly strategies: readonly string[];
  readonly families: readonly string[];
  readonly explains: string;
  readonly changed_lines: number;
  readonly margin: number | null;
  readonly agree: number;
  readonly distinct_passing: number;
  readonly state: CandidateState;
  readonly checked: object | null;
  readonly proof: object | null;
  readonly decision: object | null;
}

/** Written by `saveCandidates` alone, so the patch has its type. */
function toCandidate(row: CandidateRow): StoredCandidate {
  return {
    incident: row.incident,
    patchDigest: row.patch_digest,
    tenant: row.tenant,
    source: row.source,
    attempt: row.attempt,
    position: row.position,
    patch: row.patch as SpecPatch,
    fromSpecDigest: row.from_spec_digest,
    specDigest: row.spec_digest,
    definitionDigest: row.definition_digest,
    strategies: row.strategies,
    families: row.families,
    explains: row.explains,
    changedLines: row.changed_lines,
    ...(row.margin === null ? {} : { margin: row.margin }),
    agree: row.agree,
    distinctPassing: row.distinct_passing,
    state: row.state,
    ...(row.checked === null ? {} : { checked: row.checked }),
    ...(row.proof === null ? {} : { proof: row.proof }),
    ...(row.decision === null ? {} : { decision: row.decision }),
  };
}
