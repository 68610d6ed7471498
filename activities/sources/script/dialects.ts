import { airbyteDialect } from './airbyte/dialect.ts';
import type { ScriptConfig } from './config.ts';
import type { Dialect } from './dialect.ts';
import { ownDialect } from './own-dialect.ts';
import { singerDialect } from './singer/dialect.ts';

/** The dialect of a config. */
export function dialectOf({ dialect }: Pick<ScriptConfig, 'dialect'>): Dialect {
  return DIALECTS[dialect];
}

const DIALECTS: Readonly<Record<ScriptConfig['dialect'], Dialect>> = {
  airbyte: airbyteDialect,
  singer: singerDialect,
  wellspring: ownDialect,
};
