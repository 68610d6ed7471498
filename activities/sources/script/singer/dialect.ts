import type { SourceEnv } from '../../contract.ts';
import type { ScriptConfig, ScriptState } from '../config.ts';
import type { Dialect } from '../dialect.ts';
import { filesFolder, writePrivate } from '../settings.ts';
import { checkSinger } from './check.ts';
import { discoverCatalog, selected, streamsOf } from './catalog.ts';
import { configured } from './command.ts';
import { converse } from './conversation.ts';
import { singerCursor } from './cursor.ts';

/** Singer taps: `tap --config F [--state F] [--catalog F]`, and `--discover`. */
export const singerDialect: Dialect = {
  async open(config, from, env) {
    return converse(config, from, await readCommand(config, from, env));
  },
  check: checkSinger,
  async discover(config, env) {
    return { streams: streamsOf(await discoverCatalog(config, env)) };
  },
};

async function readCommand(
  config: ScriptConfig,
  from: ScriptState,
  env: SourceEnv,
): Promise<readonly string[]> {
  const folder = await filesFolder(env);
  const command = [...(await configured(config, folder))];
  if (wantsCatalog(config)) {
    const catalog = selected(await discoverCatalog(config, env), config.streams ?? {});
    command.push('--catalog', await writePrivate(folder, 'catalog.json', JSON.stringify(catalog)));
  }
  // A tap that is to list everything must not be told what it gave already.
  const { state } = singerCursor(from);
  if (state !== undefined && !config.fullListing) {
    command.push('--state', await writePrivate(folder, 'state.json', state));
  }
  return command;
}

function wantsCatalog({ catalog, streams }: ScriptConfig): boolean {
  return catalog === undefined ? streams !== undefined : catalog === 'discover';
}
