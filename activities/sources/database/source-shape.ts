import type { SourceShape } from '../../../workflows/collection/compare-discoveries.ts';
import type { SourceEnv } from '../contract.ts';
import { namedColumns, type DatabaseConfig } from './config.ts';
import { connect } from './connect.ts';
import { streamOf, type Column, type Relation, type Wanted } from './dialect.ts';
import { typeOfFailure } from './errors.ts';
import { wantedOf } from './plan.ts';

/** The columns that the documents and the cursor hang on, without a look at any row. A table that is gone has no shape. */
export async function databaseShape(config: DatabaseConfig, env: SourceEnv): Promise<SourceShape> {
  await using session = await connect(config.url, env.signal);
  const wanted = wantedOf(config);
  try {
    const relation = await session.relation(wanted);
    const frozen = config.contract === 'freeze' ? { frozen: true as const } : {};
    return { ...frozen, streams: [streamOfRelation(nameOf(wanted), relation, config)] };
  } catch (error) {
    const isGone = wanted.kind === 'table' && typeOfFailure(error) === 'InvalidConfig';
    if (!isGone) throw error;
    return { streams: [] };
  }
}

function nameOf(wanted: Wanted): string {
  if (wanted.kind === 'query') return 'query';
  return wanted.schema === undefined ? wanted.table : `${wanted.schema}.${wanted.table}`;
}

function streamOfRelation(name: string, relation: Relation, config: DatabaseConfig) {
  const columns = read(relation, config);
  const has = (one: string): boolean => relation.columns.some((column) => column.name === one);
  const { fields = [] } = streamOf(name, columns, []);
  return {
    name,
    primaryKey: (config.primaryKey ?? relation.primaryKey).filter(has),
    cursorCandidates: [config.cursor ?? []].flat().filter(has),
    fields,
  };
}

/** With a list in the definition only what it names: other columns may come and go, unless the table is frozen as a whole. */
function read(relation: Relation, config: DatabaseConfig): readonly Column[] {
  const named = namedColumns(config);
  if (!named || config.contract === 'freeze') return relation.columns;
  const { primaryKey = relation.primaryKey, cursor, deleted } = config;
  const wanted = new Set([...named, ...primaryKey, cursor, deleted?.column]);
  return relation.columns.filter(({ name }) => wanted.has(name));
}
