import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Json<T extends object> = JSONColumnType<T, string, string>;

/** The tables of migration 0010. */
export interface SampleTables {
  run_tallies: RunTallyTable;
  evidence_pages: EvidencePageTable;
  evidence_objects: EvidenceObjectTable;
  evidence_sides: EvidenceSideTable;
}

interface RunTallyTable {
  run: string;
  tenant: string;
  source: string;
  crawl: string;
  spec_digest: string;
  tally: Json<object>;
  problem: string | null;
  created_at: Generated<Date>;
  updated_at: ColumnType<Date, Date | undefined, Date>;
}

interface EvidencePageTable {
  tenant: string;
  source: string;
  page: string;
  role: 'good' | 'failing';
  doc_hash: string;
  doc_id: string;
  run: string;
  confirmed: string[];
  known_good: Generated<boolean>;
  side: 'shown' | 'held-out';
  bucket: string;
  body_key: string | null;
  values_key: string | null;
  shape: string;
  spec_digest: string;
  facts: Json<object>;
  at: Generated<Date>;
  confirmed_at: Generated<Date>;
}

interface EvidenceObjectTable {
  tenant: string;
  source: string;
  bucket: string;
  key: string;
  sha256: string;
  bytes: number;
  removing: Generated<boolean>;
  at: Generated<Date>;
}

interface EvidenceSideTable {
  tenant: string;
  source: string;
  doc_hash: string;
  side: 'shown' | 'held-out';
}
