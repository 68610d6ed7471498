import type { Dialect } from '../dialect.ts';
import { redactorOf } from '../redactor-of.ts';
import { filesFolder, writePrivate } from '../settings.ts';
import { commandLine } from './ask.ts';
import { configure, configuredCatalog, discoveredStreams, discoverStreams } from './catalog.ts';
import { checkAirbyte } from './check.ts';
import { converse } from './conversation.ts';
import { airbyteCursor, stateFile } from './cursor.ts';

/** Airbyte sources: `spec`, `check --config F`, `discover --config F`, `read --config F --catalog F [--state F]`. */
export const airbyteDialect: Dialect = {
  async open(config, from, env) {
    const streams = configure(await discoverStreams(config, env), config);
    const folder = await filesFolder(env);
    const command = [...(await commandLine(config, 'read', folder))];
    const catalog = JSON.stringify(configuredCatalog(streams));
    command.push('--catalog', await writePrivate(folder, 'catalog.json', catalog));
    const state = stateFile(airbyteCursor(from));
    if (state !== undefined && !config.fullListing)
      command.push('--state', await writePrivate(folder, 'state.json', state));
    return converse({
      command,
      streams,
      from: config.fullListing ? null : from,
      fullListing: config.fullListing,
      redact: redactorOf(config, env),
    });
  },
  check: checkAirbyte,
  async discover(config, env) {
    return { streams: discoveredStreams(await discoverStreams(config, env)) };
  },
};
