import type { ExtractionConfig } from '../../../adapters/extraction/spec.ts';

/** The config of a `browser` source, after its schema. */
export interface BrowserConfig {
  readonly urls: readonly string[];
  readonly follow?: FollowConfig;
  readonly extract?: ExtractionConfig;
  /** CSS selector. */
  readonly waitFor?: string;
  readonly timeoutMs: number;
  readonly requestsPerSecond: number;
}

export interface FollowConfig {
  /** Globs over path and query; empty: everything. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly maxDepth: number;
  readonly maxPages: number;
  readonly sameHost: boolean;
}
