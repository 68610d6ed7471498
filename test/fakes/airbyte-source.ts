/**
 * An Airbyte source for tests: `node airbyte-source.ts spec|check|discover|read [--config F] [--catalog F] [--state F]`. Streams: `users`
 * with increments by `updated`, and `public.towns`, read whole. The variable BEHAVIOUR says how it behaves; it runs in a process of its own.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
};
const read = (name: string): unknown => {
  const path = argument(name);
  return path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
};
const out = (message: unknown): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);
const behaviour = process.env['BEHAVIOUR'] ?? '';
const config = read('--config') as { host?: string; credentials?: { token?: string } } | undefined;

const USERS = [
  { id: 9007199254740992, name: 'Ana', updated: 1 },
  { id: 2, name: 'Bo', updated: 2 },
  { id: 3, name: 'Cy', updated: 3 },
];
const TOWNS = [
  { code: 'a', place: { name: 'Aalen' } },
  { code: 'b' },
  { code: 'c', _ab_cdc_deleted_at: 'x' },
];
const USERS_STREAM = {
  name: 'users',
  json_schema: {
    type: 'object',
    properties: { id: { type: 'integer' }, updated: { type: ['null', 'integer'] } },
  },
  supported_sync_modes: ['full_refresh', 'incremental'],
  source_defined_cursor: true,
  default_cursor_field: ['updated'],
  source_defined_primary_key: [['id']],
};
const TOWNS_STREAM = {
  name: 'towns',
  namespace: 'public',
  json_schema: { type: 'object', properties: { code: { type: 'string' } } },
  supported_sync_modes: ['full_refresh'],
  source_defined_primary_key: [['code']],
};

const commands: Readonly<Record<string, () => unknown>> = {
  spec: () =>
    out({
      type: 'SPEC',
      spec: {
        connectionSpecification: {
          $schema: 'http://json-schema.org/draft-07/schema#',
          type: 'object',
          required: ['host'],
          properties: {
            host: { type: 'string' },
            pages: { type: 'integer', minimum: 1 },
            credentials: {
              type: 'object',
              properties: { token: { type: 'string', airbyte_secret: true } },
            },
          },
        },
      },
    }),
  check: () => {
    if (behaviour === 'down') fail('transient_error', 'host does not answer');
    const message = `token ${config?.credentials?.token} was refused by ${config?.host}`;
    const good = config?.credentials?.token === 'tok-airbyte-4711';
    out({
      type: 'CONNECTION_STATUS',
      connectionStatus: good ? { status: 'SUCCEEDED' } : { status: 'FAILED', message },
    });
  },
  discover: () => {
    out({ type: 'LOG', log: { level: 'INFO', message: 'looking around' } });
    const streams = behaviour === 'no-streams' ? [] : [TOWNS_STREAM, USERS_STREAM];
    out({ type: 'CATALOG', catalog: { streams } });
  },
  read: readStreams,
};

interface Catalog {
  readonly streams: readonly {
    readonly stream: { readonly name: string };
    readonly sync_mode: string;
  }[];
}

async function readStreams(): Promise<void> {
  const catalog = read('--catalog') as Catalog;
  const mode = (name: string): string | undefined =>
    catalog.streams.find(({ stream }) => stream.name === name)?.sync_mode;
  out({
    type: 'LOG',
    log: { level: 'WARN', message: `state: ${argument('--state') ? 'given' : 'none'}` },
  });
  if (behaviour === 'control')
    out({
      type: 'CONTROL',
      control: {
        type: 'CONNECTOR_CONFIG',
        connectorConfig: { config: { refresh_token: 'new-secret-1' } },
      },
    });
  if (mode('towns') !== undefined) towns();
  if (mode('users') !== undefined) await users(mode('users') === 'incremental');
  if (behaviour === 'stranger')
    out({ type: 'RECORD', record: { stream: 'strange', data: { id: 1 }, emitted_at: 1 } });
}

function towns(): void {
  const descriptor = { name: 'towns', namespace: 'public' };
  status(descriptor, 'STARTED');
  for (const data of TOWNS)
    out({ type: 'Record', record: { stream: 'towns', namespace: 'public', data, emitted_at: 1 } });
  out({
    type: 'STATE',
    state: { type: 'STREAM', stream: { stream_descriptor: descriptor, stream_state: { page: 9 } } },
  });
  status(descriptor, behaviour === 'incomplete' ? 'INCOMPLETE' : 'COMPLETE');
}

async function users(isIncremental: boolean): Promise<void> {
  const descriptor = { name: 'users' };
  const from = startOf(read('--state') as State);
  status(descriptor, 'RUNNING');
  for (const data of USERS.filter(({ updated }) => updated > (isIncremental ? from : 0))) {
    const meta = {
      changes: [{ field: 'x', change: 'NULLED', reason: 'SOURCE_FIELD_SIZE_LIMITATION' }],
    };
    out({
      type: 'RECORD',
      record: { stream: 'users', data, emitted_at: 1, ...(data.id === 3 ? { meta } : {}) },
    });
    if (isIncremental) out({ type: 'STATE', state: stateAt(data.updated) });
    if (data.updated === 2) await trouble(descriptor);
  }
  status(descriptor, 'COMPLETE');
}

interface StreamState {
  readonly stream_descriptor: { readonly name: string };
  readonly stream_state: { readonly updated: number };
}
type State =
  | readonly {
      readonly stream?: StreamState;
      readonly global?: { readonly stream_states: readonly StreamState[] };
    }[]
  | { readonly users?: number }
  | undefined;

function startOf(state: State): number {
  if (state === undefined) return 0;
  if (!Array.isArray(state)) return (state as { users?: number }).users ?? 0;
  const all = (state as Extract<State, readonly unknown[]>).flatMap(({ stream, global }) => [
    ...(stream ? [stream] : []),
    ...(global?.stream_states ?? []),
  ]);
  return all.find((one) => one.stream_descriptor.name === 'users')?.stream_state.updated ?? 0;
}

function stateAt(updated: number): unknown {
  if (behaviour === 'legacy') return { data: { users: updated } };
  if (behaviour === 'global') {
    const state = { stream_descriptor: { name: 'users' }, stream_state: { updated } };
    return { type: 'GLOBAL', global: { shared_state: { lsn: updated }, stream_states: [state] } };
  }
  const stream = { stream_descriptor: { name: 'users' }, stream_state: { updated } };
  return { type: 'STREAM', stream };
}

async function trouble(descriptor: object): Promise<void> {
  if (behaviour === 'config_error')
    fail('config_error', `token ${config?.credentials?.token} has no right`);
  if (behaviour === 'transient_error') fail('transient_error', 'the API is down');
  if (behaviour === 'system_error') fail('system_error', 'IndexError in page 3');
  if (behaviour === 'exit') process.exit(3);
  if (behaviour.startsWith('limited')) {
    const resetMs = Number(behaviour.split('-')[1]);
    const reasons = [{ type: 'RATE_LIMITED', rate_limited: { quota_reset: Date.now() + resetMs } }];
    out({
      type: 'TRACE',
      trace: {
        type: 'STREAM_STATUS',
        emitted_at: 1,
        stream_status: { stream_descriptor: descriptor, status: 'RUNNING', reasons },
      },
    });
    await sleep(resetMs);
  }
}

function status(descriptor: object, word: string): void {
  if (behaviour === 'no-status') return;
  out({
    type: 'TRACE',
    trace: {
      type: 'STREAM_STATUS',
      emitted_at: 1,
      stream_status: { stream_descriptor: descriptor, status: word },
    },
  });
}

function fail(failure_type: string, message: string): never {
  out({ type: 'TRACE', trace: { type: 'ERROR', emitted_at: 1, error: { message, failure_type } } });
  process.stderr.write('Traceback (most recent call last)\n');
  process.exit(1);
}

const command = commands[process.argv[2] ?? ''];
if (command === undefined) throw new Error(`There is no command "${process.argv[2]}".`);
await command();
