import type { Generated, JSONColumnType } from 'kysely';

/** The tables of migration 0009. */
export interface SpecPointerTables {
  spec_pointers: SpecPointerTable;
  spec_moves: SpecMoveTable;
  repair_switch: RepairSwitchTable;
}

/** `in-force`: lies over what the files hold. `landed`: the files hold it. `superseded`: the files went elsewhere. */
export type PointerState = 'in-force' | 'landed' | 'superseded' | 'rolled-back';

interface SpecPointerTable {
  id: Generated<number>;
  tenant: string;
  source: string;
  incident: string;
  patch_digest: string;
  kind: 'fix' | 'revert';
  from_digest: string;
  to_digest: string;
  /** As written, with variables substituted. */
  from_extract: JSONColumnType<Record<string, unknown>, string, string>;
  to_extract: JSONColumnType<Record<string, unknown>, string, string>;
  state: PointerState;
  author: string;
  since: Generated<Date>;
}

interface SpecMoveTable {
  id: Generated<number>;
  pointer: number;
  move: 'deployed' | 'landed' | 'superseded' | 'rolled-back' | 'pinned';
  revision: number | null;
  author: string;
  at: Generated<Date>;
}

interface RepairSwitchTable {
  tenant: string;
  is_on: boolean;
  set_by: string;
  reason: string;
  set_at: Generated<Date>;
}
