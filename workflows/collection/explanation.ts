/** What the configuration of a source says of one id or address, without asking anybody. */
export interface ScopeRuling {
  /** As the source writes it; absent when it can be none of its documents. */
  readonly id?: string;
  readonly taken: boolean;
  /** Which rule says so, as a clause: `"follow.exclude" has "/old/**"`. */
  readonly because: string;
}

/** Everything that is known of one document of a source. Times are ISO 8601. */
export interface Explanation {
  /** As it was asked about. */
  readonly asked: string;
  /** As the source writes it. */
  readonly id: string;
  readonly ruling?: ScopeRuling;
  readonly page?: PageFacts;
  readonly host?: HostFacts;
  readonly document?: DocumentFacts;
  readonly letter?: LetterFacts;
  /** The newest deletion of it. */
  readonly deletion?: DeletionFacts;
  /** A question to people that names it. */
  readonly question?: QuestionFacts;
  /** What the source says of it now, where single documents can be asked for. */
  readonly now?: PresentFacts;
  readonly stored?: StoredFacts;
  readonly knowledge?: KnowledgeFacts;
  /** Known ids like it, the nearest first. */
  readonly nearest: readonly string[];
}

/** A page as its crawls have met it. */
export interface PageFacts {
  readonly fetchedAt?: string;
  readonly status?: number;
  readonly finalUrl?: string;
  /** When its content was last read, whatever its validators said. */
  readonly readAt?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly sitemapLastmod?: string;
  readonly textHash?: string;
  readonly links?: number;
  /** Why it is no document or was not fetched. */
  readonly reason?: string;
  readonly detail?: string;
  readonly crawl?: 'waiting' | 'visited';
}

/** The host of a page: its robots.txt as we have it, and whether we may ask. */
export interface HostFacts {
  readonly host: string;
  readonly heldUntil?: string;
  readonly robotsAskedAt?: string;
  readonly robotsStatus?: number;
  readonly robotsProblem?: string;
  /** When the rules in force were read; without it nobody has read any. */
  readonly robotsReadAt?: string;
  readonly allowed?: boolean;
  /** The line that decides: `Disallow: /private/`. */
  readonly robotsRule?: string;
}

/** A row of the manifest. */
export interface DocumentFacts {
  readonly hash: string;
  readonly state: 'live' | 'deleting' | 'deleted';
  readonly bucket: string;
  readonly key: string;
  readonly title?: string;
  readonly url?: string;
  readonly bytes: number;
  readonly firstSeen: string;
  readonly lastChanged?: string;
  readonly lastSeenRun?: string;
  readonly lastSeenListing: number;
  /** Of the source: the listing that is under way, or the newest one. */
  readonly listing: number;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly contentHash?: string;
  readonly metaHash?: string;
  /** It was made with the definition that is looked at. */
  readonly current: boolean;
  readonly goneCount: number;
  readonly goneWhy?: string;
  readonly failCount: number;
  readonly failure?: string;
  readonly failureDetail?: string;
  readonly heldBytes?: number;
  readonly notes: readonly string[];
}

export interface LetterFacts {
  readonly failure: string;
  readonly detail: string;
  readonly attempts: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly run: string;
  /** Absent: never again by itself. */
  readonly nextAttemptAt?: string;
}

export interface DeletionFacts {
  readonly run: string;
  readonly rule: string;
  readonly deletedAt: string;
}

export interface QuestionFacts {
  readonly digest: string;
  readonly state: string;
  readonly kind: string;
  readonly run: string;
  readonly rule: string;
}

export interface PresentFacts {
  readonly has: 'yes' | 'no' | 'failed' | 'unknown';
  readonly detail?: string;
}

/** What lies in S3. */
export interface StoredFacts {
  readonly content?: ObjectFacts;
  readonly sidecar?: ObjectFacts;
  /** Whether both are the versions that the manifest names. */
  readonly agrees: boolean;
  /** Why S3 could not be asked. */
  readonly problem?: string;
}

export interface ObjectFacts {
  readonly etag: string;
  readonly sizeBytes: number;
  /** It is the version that the manifest names. */
  readonly expected: boolean;
}

export interface KnowledgeFacts {
  readonly uri: string;
  readonly status?: string;
  readonly outcome?: 'indexed' | 'failed' | 'pending' | 'gone';
  readonly reason?: string;
  /** Changes of the data source that no job covers, since then. */
  readonly waitingSince?: string;
  /** Why it could not be asked. */
  readonly problem?: string;
}
