/**
 * A Singer tap for tests: `node singer-tap.ts [--config F] [--state F] [--catalog F] [--discover]`. Two streams: `users`, with increments by
 * `updated`, and `towns`, a full table with a version. The environment variable TAP says how it behaves; it runs in a process of its own.
 */
import { readFileSync } from 'node:fs';

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
};
const read = (name: string): unknown => {
  const path = argument(name);
  return path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
};
const out = (message: unknown): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);
const behaviour = process.env['TAP'] ?? '';

const USERS = [
  { id: 1, name: 'Ana', updated: 1, notes: null },
  { id: 2, name: 'Bo', updated: 2, notes: 'likes tea' },
  { id: 3, name: 'Cy', updated: 3, notes: 'left', _sdc_deleted_at: '2026-11-01T00:00:00Z' },
];
const TOWNS = [
  { code: 'a', name: 'Aalen' },
  { code: 'b', name: 'Bonn' },
];
const SCHEMAS = {
  users: {
    type: 'object',
    properties: { id: { type: 'integer' }, name: { type: ['null', 'string'] } },
  },
  towns: { type: 'object', properties: { code: { type: 'string' } } },
};
const KEYS = { users: ['id'], towns: ['code'] } as const;

const config = read('--config') as { api_key?: string; login?: { token?: string } } | undefined;
if (behaviour === 'needs-key' && config?.api_key !== 'key-4711-secret') {
  process.stderr.write(`the key ${config?.api_key} was refused\n`);
  process.exit(77);
}
if (process.argv.includes('--discover')) discover();
else sync();

function discover(): void {
  if (behaviour === 'no-catalog') {
    process.stdout.write('usage: tap\n');
    return;
  }
  const streams = (['users', 'towns'] as const).map((stream) => ({
    tap_stream_id: stream,
    stream,
    schema: SCHEMAS[stream],
    metadata: [
      { breadcrumb: [], metadata: { 'table-key-properties': KEYS[stream] } },
      { breadcrumb: ['properties', 'name'], metadata: { inclusion: 'available' } },
    ],
  }));
  process.stdout.write(`${JSON.stringify({ streams }, null, 2)}\n`);
}

function sync(): void {
  const state = (read('--state') ?? {}) as { users?: number; big?: unknown };
  if (behaviour === 'echo') {
    out({ type: 'SCHEMA', stream: 'echo', schema: { properties: {} }, key_properties: ['id'] });
    const raw = argument('--state');
    const text = raw === undefined ? 'none' : readFileSync(raw, 'utf8');
    out({ type: 'RECORD', stream: 'echo', record: { id: 1, config, state: text } });
    process.stdout.write('{"type":"STATE","value":{"at":9007199254740993}}\n');
    return;
  }
  if (isSelected('users')) users(state.users ?? 0);
  if (isSelected('towns')) towns();
  out({ type: 'STATE', value: { users: 3 } });
  if (behaviour === 'fails') process.exit(1);
}

function users(from: number): void {
  out({ type: 'schema', stream: 'users', schema: SCHEMAS.users, key_properties: KEYS.users });
  // Bookmarks include their own value: the last user comes again.
  for (const record of USERS.filter(({ updated }) => updated >= from)) {
    out({ type: 'Record', stream: 'users', record });
    out({ type: 'STATE', value: { users: record.updated } });
  }
  if (behaviour === 'activates-all') out({ type: 'ACTIVATE_VERSION', stream: 'users', version: 7 });
}

function towns(): void {
  const version = Number(process.env['TOWNS_VERSION'] ?? 1);
  out({ type: 'SCHEMA', stream: 'towns', schema: SCHEMAS.towns, key_properties: KEYS.towns });
  if (behaviour === 'activates-early') out({ type: 'ACTIVATE_VERSION', stream: 'towns', version });
  const gone = process.env['TOWN_GONE'];
  for (const record of TOWNS.filter(({ code }) => code !== gone)) {
    out({ type: 'RECORD', stream: 'towns', record, version });
  }
  if (behaviour !== 'activates-early') out({ type: 'ACTIVATE_VERSION', stream: 'towns', version });
}

function isSelected(stream: string): boolean {
  const catalog = read('--catalog') as
    | {
        streams: {
          stream: string;
          metadata: { breadcrumb: string[]; metadata: { selected?: boolean } }[];
        }[];
      }
    | undefined;
  if (catalog === undefined || behaviour === 'ignores-selection') return true;
  const found = catalog.streams.find((one) => one.stream === stream);
  return found?.metadata.find((one) => one.breadcrumb.length === 0)?.metadata.selected === true;
}
