import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Time = ColumnType<Date, Date | string | undefined, Date | string>;
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

/** The tables of migration 0012. */
export interface RepairOutcomeTables {
  repair_outcomes: RepairOutcomeTable;
  gate_calibrations: GateCalibrationTable;
  gate_rearms: GateRearmTable;
}

interface RepairOutcomeTable {
  incident: string;
  tenant: string;
  source: string;
  host: string | null;
  fingerprint: string;
  family: string;
  strategy: string;
  failure: string;
  fields: string;
  patch_digest: string;
  patch: JSONColumnType<readonly object[], string, string>;
  page_shape: ColumnType<readonly number[] | null, string | null | undefined, string | null>;
  score: number;
  probability: number;
  decision: 'deploy' | 'pull-request' | 'alert';
  shadow: boolean;
  synthetic: Generated<boolean>;
  label: Generated<'pending' | 'success' | 'failure' | 'censored'>;
  rolled_back: Generated<boolean>;
  decided_at: Time;
  labelled_at: OptionalTime;
  labelled_by: string | null;
}

interface GateCalibrationTable {
  version: Generated<number>;
  made_at: Generated<Date>;
  hash: string;
  data: JSONColumnType<object, string, string>;
  metrics: JSONColumnType<object, string, string>;
  changes: JSONColumnType<readonly string[], string, string>;
}

interface GateRearmTable {
  at: Time;
  by: string;
  because: string;
}
