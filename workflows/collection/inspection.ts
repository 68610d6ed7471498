/** One verdict a capability. A time-out, DNS failure or 5xx is INDETERMINATE, never FAIL. */
export interface CheckResult {
  /** connect, authenticate, authorise, list, read one, identity unique, extraction non-empty … */
  readonly capability: string;
  readonly verdict: 'PASS' | 'FAIL' | 'INDETERMINATE';
  readonly detail: string;
  readonly remedy?: string;
}

/** What a source offers, in stable order. */
export interface Discovery {
  readonly streams: readonly DiscoveredStream[];
}

export interface DiscoveredStream {
  readonly name: string;
  readonly primaryKey?: readonly string[];
  readonly cursorCandidates?: readonly string[];
  readonly fields?: readonly {
    readonly name: string;
    readonly type: string;
    readonly nullable?: boolean;
  }[];
  /** Documents, when the source says so cheaply. */
  readonly count?: number;
}

/** One document as `preview` shows it: an excerpt, and where the whole text lies. */
export interface PreviewedDocument {
  readonly id: string;
  readonly title?: string;
  readonly url?: string;
  readonly key: string;
  readonly sizeBytes: number;
  /** At most 600 characters. */
  readonly excerpt: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}
