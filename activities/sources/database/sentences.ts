import { failure } from '../../../workflows/failures.ts';
import type { Wanted } from './dialect.ts';

/** InvalidConfig: the configured table is not there, or may not be seen. */
export function tableMissing(wanted: Wanted & { readonly kind: 'table' }): Error {
  return failure(
    'InvalidConfig',
    `There is no table ${tableName(wanted)} that this user can see. Mend "table" or "schema", or grant the right to use it.`,
  );
}

/** The table or query as a person would call it. */
export function relationName(wanted: Wanted): string {
  return wanted.kind === 'query' ? 'the query' : `table ${tableName(wanted)}`;
}

function tableName(wanted: Wanted & { readonly kind: 'table' }): string {
  return `"${wanted.schema === undefined ? '' : `${wanted.schema}.`}${wanted.table}"`;
}
