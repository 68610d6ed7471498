import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostMemory } from '../../../adapters/net/manners.ts';
import type { ModelStepStore } from '../../../adapters/postgres/model-steps.ts';
import { failure } from '../../../workflows/failures.ts';
import type {
  CrawlStore,
  KnownDocument,
  SourceEnv,
  SourceLog,
  SourceSettings,
} from '../contract.ts';
import { memoryCrawls } from './memory-crawls.ts';
import { memoryHosts } from './memory-hosts.ts';
import { memoryModelSteps } from './memory-model-steps.ts';

export interface KitEnvOverrides {
  /** What the manifest knows, by id as emitted. Default: nothing. */
  readonly known?: ReadonlyMap<string, KnownDocument>;
  readonly settings?: Partial<SourceSettings>;
  /** What `settings.variable` answers. Default: nothing. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly sourceId?: string;
  readonly startedAt?: Date;
  /** Where crawls keep their state. Default: one memory for all environments, so that any of them resumes what another began. */
  readonly crawls?: CrawlStore;
  /** Turns and rules of web hosts. Default: one memory for all environments. */
  readonly hosts?: HostMemory;
  /** What agents have paid for. Default: nothing yet, in a memory of this environment alone. */
  readonly modelSteps?: ModelStepStore;
}

interface LogRecord {
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The environment of one attempt outside of a worker; it remembers what was logged. */
export interface KitEnv extends SourceEnv {
  readonly records: readonly LogRecord[];
  /** Cancels the attempt, as a shutdown or a time-out would. */
  abort(): void;
  /** Removes the temporary directory. Call it when the attempt is over. */
  remove(): void;
}

/** An environment that allows the loopback addresses and every command, in a temporary directory of its own. */
export function kitEnv(overrides: KitEnvOverrides = {}): KitEnv {
  const stop = new AbortController();
  const temporaryDirectory = mkdtempSync(join(tmpdir(), 'wellspring-source-'));
  const records: LogRecord[] = [];
  return {
    signal: stop.signal,
    log: recordingLog(records),
    sourceId: overrides.sourceId ?? 'default/certified',
    known: (ids) => Promise.resolve(pick(overrides.known ?? new Map(), ids)),
    crawls: overrides.crawls ?? sharedCrawls,
    hosts: overrides.hosts ?? sharedHosts,
    modelSteps: overrides.modelSteps ?? memoryModelSteps(),
    temporaryDirectory,
    startedAt: overrides.startedAt ?? new Date(),
    settings: { ...permissive(overrides.variables ?? {}), ...overrides.settings },
    records,
    abort: () => stop.abort(new Error('The test cancelled the attempt.')),
    remove: () => rmSync(temporaryDirectory, { recursive: true, force: true }),
  };
}

const sharedCrawls = memoryCrawls();
const sharedHosts = memoryHosts();

function permissive(variables: Readonly<Record<string, string>>): SourceSettings {
  return {
    allowedHosts: ['127.0.0.1', 'localhost', '::1'],
    userAgent: 'wellspring-certify/1.0',
    chromium: () => Promise.reject(failure('InvalidConfig', 'This environment has no Chromium.')),
    models: new Map(),
    maxDocumentBytes: 10 * 1024 * 1024,
    allowedCommands: ['*'],
    variable: (name) => variables[name],
  };
}

function recordingLog(records: LogRecord[]): SourceLog {
  const at =
    (level: LogRecord['level']): SourceLog['info'] =>
    (message, fields) =>
      void records.push({ level, message, ...(fields ? { fields } : {}) });
  return { debug: at('debug'), info: at('info'), warn: at('warn') };
}

function pick(
  known: ReadonlyMap<string, KnownDocument>,
  ids: readonly string[],
): ReadonlyMap<string, KnownDocument> {
  return new Map([...known].filter(([id]) => ids.includes(id)));
}
