import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { load } from 'js-yaml';
import { parseDocument } from 'yaml';
import { sourceTypes } from '../../activities/sources/index.ts';
import { loadDefinitions } from '../../adapters/definitions/load.ts';

// `node load.ts <side> <file>`: reads a definitions file once, as a fresh process does, and prints what it cost.

const [side, file = ''] = argv.slice(2);
const before = process.cpuUsage();
const entries = await read();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ entries, cpuSeconds: (user + system) / 1_000_000 }));

async function read(): Promise<number> {
  if (side === 'product') {
    const loaded = await loadDefinitions({ file, variables: () => 'value', sourceTypes });
    if ('errors' in loaded) throw new Error(loaded.errors[0]?.sentence);
    return loaded.sources.length;
  }
  const text = readFileSync(file, 'utf8');
  const value: unknown = side === 'js-yaml' ? load(text) : parseDocument(text).toJS();
  return (value as { readonly sources: readonly unknown[] }).sources.length;
}
