import type { ColumnType, Generated } from 'kysely';

/** The table of migration 0008. */
export interface ModelStepTables {
  model_steps: ModelStepTable;
}

interface ModelStepTable {
  tenant: string;
  source: string;
  run: string;
  key: string;
  kind: 'answer' | 'page';
  question: string;
  step: number;
  model: string | null;
  result: string | null;
  input_tokens: Generated<number>;
  output_tokens: Generated<number>;
  money: Generated<number>;
  at: ColumnType<Date, Date | string | undefined, Date | string>;
}
