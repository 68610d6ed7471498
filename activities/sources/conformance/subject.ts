import type { JsonSchema } from '../contract.ts';
import type { BoundSourceType } from '../define-source.ts';
import type { KitEnv, KitEnvOverrides } from './environment.ts';

/** A source type with a source to read: what the checks are made on. What is left out makes its checks `skipped`, never passed. */
export interface Subject {
  readonly type: BoundSourceType;
  /** A good config with its secrets resolved. The source must hold at least one document and not change meanwhile. */
  readonly config: SubjectConfig;
  /** The ids of all documents, in any order. */
  readonly expectedIds?: readonly string[];
  readonly badConfigs?: readonly BadConfig[];
  /** Texts that no message, verdict, error or log line may contain. */
  readonly secrets?: readonly string[];
  /** The body of the same thing may differ between two reads (models, clocks). Default: it may not. */
  readonly contentVaries?: boolean;
  /** Makes the environment of each attempt; `overrides` carries the time of the run, the same in all attempts. Default: `kitEnv`. */
  readonly env?: (overrides: KitEnvOverrides) => KitEnv;
  /** A source of its own that the kit may change. */
  readonly changing?: () => Promise<ChangingSource>;
  /** The same source, where an error comes in the middle of the read. */
  readonly failing?: SubjectConfig;
  /** A source of which exactly one record cannot be read. */
  readonly poisoned?: SubjectConfig;
  /** A source that holds each of these texts in a document: as title, text or attribute. */
  readonly hostile?: () => Promise<HostileSource>;
  /** A source of very many documents, for the bound on memory. */
  readonly big?: SubjectConfig;
  /** Checks that mean nothing for this source, by id, each with the reason that a report shows. */
  readonly unfit?: Readonly<Record<string, string>>;
  /** What was certified before: the specification must be compatible with it. */
  readonly former?: CertifiedSpec;
  readonly limits?: Partial<Limits>;
  /** Where a missing part is given, by the name of the part here: the end of the sentence of a skipped check. */
  readonly howToGive?: Readonly<Record<string, string>>;
  cleanup?(): Promise<void> | void;
}

export type SubjectConfig = Readonly<Record<string, unknown>>;

export interface BadConfig {
  /** What is wrong, for people. */
  readonly why: string;
  readonly config: SubjectConfig;
  /** `InvalidConfig` when it is refused before any I/O, else the verdict that one result of `check` must have. */
  readonly outcome: 'FAIL' | 'INDETERMINATE' | 'InvalidConfig';
  /** Which of the cases that every type has to tell apart this is. */
  readonly fault?: 'credentials' | 'unreachable' | 'nothing';
  /** What the sentence must name: the field, the table, the host. */
  readonly naming?: RegExp;
}

export interface ChangingSource {
  readonly config: SubjectConfig;
  /** Changes the content of one document and resolves to its id; to undefined where nobody knows it. */
  update(): Promise<string | undefined>;
  /** Removes one document and resolves to its id; to undefined where nobody knows it. */
  remove?(): Promise<string | undefined>;
  /** Changes the shape: a column, a tool, a stream more. */
  reshape?(): Promise<void>;
  close?(): Promise<void> | void;
}

export interface HostileSource {
  readonly config: SubjectConfig;
  readonly texts: readonly string[];
  close?(): Promise<void> | void;
}

/** The specification that a report is about. */
export interface CertifiedSpec {
  readonly name: string;
  readonly version: string;
  readonly configSchema: JsonSchema;
}

export interface Limits {
  /** Longest whole read. */
  readonly readMs: number;
  /** Largest cursor as JSON. */
  readonly cursorBytes: number;
  /** Most checkpoints from which a read is resumed: of more, the ends and some in between. */
  readonly resumes: number;
  /** Longest time in which the event loop, and with it every heartbeat of the worker, may stand still. */
  readonly blockedMs: number;
  /** Growth of the process while `big` is read. */
  readonly memoryBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  readMs: 10 * 60_000,
  cursorBytes: 2048,
  resumes: 12,
  // A heartbeat is due every 10 seconds and missed after 30.
  blockedMs: 10_000,
  memoryBytes: 384 * 1024 ** 2,
};
