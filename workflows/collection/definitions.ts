import type { RepairSettings } from '../repair/policy.ts';

/**
 * Definitions as `apply` stores them: validated, defaults filled in, `${env:…}` substituted everywhere but in secret fields.
 * Canonical JSON of one of them, hashed, is its digest.
 */
export interface SourceDefinition {
  readonly id: string;
  readonly tenant: string;
  /** For people; the id where none is given. */
  readonly title: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly schedule: ScheduleDefinition;
  readonly knowledgeBase: KnowledgeBaseDefinition;
  /** One to three slugs joined by `/`. */
  readonly category: string;
  readonly limits: SourceLimits;
  /** Where it is left out: a tenth of the period, at least ten minutes. */
  readonly freshness?: { readonly graceMs: number };
  /** What of a text does not count as a change: regular expressions. Left out: everything counts. */
  readonly changes?: { readonly ignore: readonly string[] };
  /** How far repairs of it may go by themselves, where that differs from all others. */
  readonly repair?: RepairSettings;
  /** Checked by the source type's own schema; secrets are references such as `${env:NAME}` or `secretsmanager:name`. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface ScheduleDefinition {
  /** As the person wrote it: a cron line of 5 fields, or `every 6 hours`. */
  readonly text: string;
  readonly spec: { readonly cron: string } | { readonly everyMs: number };
  readonly timezone: string;
  /** Shortest time between two runs, for bounds and freshness. */
  readonly periodMs: number;
}

export interface SourceLimits {
  /** Longest time of one slice (one activity attempt). */
  readonly timeoutMs: number;
  /** A slice ends after this many documents. */
  readonly sliceDocuments: number;
  /** A run takes no more documents than this; undefined = no bound. */
  readonly maxDocuments?: number;
  /** Deletions beyond this share (0..1) of live documents, and beyond the floor, are held. */
  readonly maxDeletedShare: number;
  /** At most this many deletions go without a question, whatever their share; undefined = five. */
  readonly deletionFloor?: number;
  /** More deletions than these are held, whatever their share; undefined = no bound. */
  readonly maxDeletions?: number;
}

export interface KnowledgeBaseDefinition {
  readonly id: string;
  readonly knowledgeBaseId: string;
  readonly dataSourceId: string;
  readonly bucket: string;
  /** Without slashes at both ends; may be empty. */
  readonly prefix: string;
  readonly region?: string;
  readonly evidence?: { readonly bucket: string; readonly prefix: string };
  /** `s3-vectors` keeps sidecars within 800 bytes and 12 keys. */
  readonly vectorStore: 'general' | 's3-vectors';
  readonly sync: { readonly quietMs: number; readonly maxWaitMs: number };
}

/** One validated, stored state of all definitions. */
export interface Revision {
  readonly id: number;
  readonly createdAt: string;
  readonly author: string;
  readonly commit?: string;
  /** Source id → digest of its definition, sorted by id. */
  readonly sources: Readonly<Record<string, string>>;
}
