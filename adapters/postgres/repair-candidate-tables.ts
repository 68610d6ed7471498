import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** The table of migration 0013. */
export interface RepairCandidateTables {
  repair_candidates: RepairCandidateTable;
}

type OptionalJson = ColumnType<object | null, string | null | undefined, string | null>;

interface RepairCandidateTable {
  incident: string;
  patch_digest: string;
  tenant: string;
  source: string;
  attempt: number;
  position: number;
  patch: JSONColumnType<readonly object[], string, string>;
  from_spec_digest: string;
  spec_digest: string;
  definition_digest: string;
  strategies: JSONColumnType<readonly string[], string, string>;
  families: JSONColumnType<readonly string[], string, string>;
  explains: string;
  changed_lines: number;
  margin: number | null;
  agree: number;
  distinct_passing: number;
  state: 'proposed' | 'failed' | 'chosen';
  checked: OptionalJson;
  proof: OptionalJson;
  decision: OptionalJson;
  proposed_at: Generated<Date>;
}
