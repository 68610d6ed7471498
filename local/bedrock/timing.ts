import { setTimeout as delay } from 'node:timers/promises';
import type { OperationName } from './operation-name.ts';

/** Where the server reads the time and waits: a test hands in a clock that it moves itself. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects with the signal's reason when it aborts first. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How long things take and how often they may be asked for. Times are milliseconds on `clock`. */
export interface Timing {
  readonly clock: Clock;
  /** CREATING and UPDATING of a knowledge base; 47 to 124 s in reality. */
  readonly creatingMs: number;
  /** DELETING of a knowledge base or a data source. */
  readonly deletingMs: number;
  /** A job's STARTING. */
  readonly startingMs: number;
  /** The shortest IN_PROGRESS of a job; the reading itself may take longer. */
  readonly inProgressMs: number;
  /** A job's STOPPING. */
  readonly stoppingMs: number;
  /** From IngestKnowledgeBaseDocuments to INDEXED, and from DeleteKnowledgeBaseDocuments to NOT_FOUND. */
  readonly documentMs: number;
  /** How long a client token is remembered. Bedrock's own time is undocumented, about minutes. */
  readonly tokenLifeMs: number;
  /** StartIngestionJob for the account; Bedrock's quota is 0.1 a second. */
  readonly startsPerSecond: number;
  /** The other request quotas, for the account. An operation without one is not limited. */
  readonly requestsPerSecond: Partial<Record<OperationName, number>>;
}

const systemClock: Clock = {
  now: () => Date.now(),
  wait: async (ms, signal) => {
    await delay(Math.max(0, ms), undefined, signal ? { signal } : {});
  },
};

/** Bedrock's quotas (Service Quotas, August 2026) with phases short enough for a laptop. */
export const DEFAULT_TIMING: Timing = {
  clock: systemClock,
  creatingMs: 1000,
  deletingMs: 1000,
  startingMs: 500,
  inProgressMs: 1000,
  stoppingMs: 500,
  documentMs: 1000,
  tokenLifeMs: 5 * 60_000,
  startsPerSecond: 0.1,
  requestsPerSecond: {
    GetIngestionJob: 10,
    ListIngestionJobs: 10,
    IngestKnowledgeBaseDocuments: 5,
    GetKnowledgeBaseDocuments: 5,
    ListKnowledgeBaseDocuments: 5,
    DeleteKnowledgeBaseDocuments: 5,
    Retrieve: 20,
  },
};
