import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { FailureName } from '../../workflows/failures.ts';
import type { DetectorName } from '../../workflows/repair/detectors/finding.ts';
import type { RepairOutcome } from '../../workflows/repair/outcome.ts';
import type { StormScope } from '../../workflows/repair/storm.ts';

type Time = ColumnType<Date, Date | string, Date | string>;
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

/** The tables of migration 0011. */
export interface IncidentTables {
  incidents: IncidentTable;
  systemic_incidents: SystemicIncidentTable;
  baseline_resets: BaselineResetTable;
}

interface IncidentTable {
  id: string;
  tenant: string;
  source: string;
  fingerprint: string;
  failure: FailureName;
  detector: DetectorName;
  fields: JSONColumnType<readonly string[], string, string>;
  because: string;
  spec_digest: string;
  definition_digest: string;
  heals: boolean;
  host: string | null;
  release: number | null;
  state: Generated<'open' | 'closed'>;
  stage: Generated<string>;
  outcome: RepairOutcome | null;
  because_closed: string | null;
  occurrences: Generated<number>;
  first_occurrences: JSONColumnType<readonly object[], string, string>;
  last_occurrences: JSONColumnType<readonly object[], string, string>;
  suppressed: Generated<number>;
  first_failure_at: Time;
  last_failure_at: Time;
  opened_at: Generated<Date>;
  closed_at: OptionalTime;
  run: string | null;
  evidence: string | null;
  storm: string | null;
  regression_of: string | null;
  started_at: OptionalTime;
  active_until: OptionalTime;
  repair: JSONColumnType<object, string | undefined, string>;
}

interface SystemicIncidentTable {
  id: string;
  scope: StormScope;
  key: string;
  because: string;
  breaks: number;
  opened_at: Generated<Date>;
  last_failure_at: Time;
  released_at: OptionalTime;
  released_by: string | null;
}

interface BaselineResetTable {
  tenant: string;
  source: string;
  at: Generated<Date>;
  by: string;
  because: string;
}
