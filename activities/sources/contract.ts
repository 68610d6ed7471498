import type {
  CrawlChanges,
  CrawlReference,
  KnownPage,
  StoredCrawl,
} from '../../adapters/postgres/crawls.ts';
import type { ModelProviders } from '../../adapters/models/model-provider.ts';
import type { HostMemory } from '../../adapters/net/manners.ts';
import type { ModelStepStore } from '../../adapters/postgres/model-steps.ts';
import type { SourceShape } from '../../workflows/collection/compare-discoveries.ts';
import type { ScopeRuling } from '../../workflows/collection/explanation.ts';
import type { Extraction, ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { CheckResult, Discovery } from '../../workflows/collection/inspection.ts';
import type { FailureName } from '../../workflows/failures.ts';

/** What a source type promises about itself, without any I/O. */
export interface SourceSpec {
  /** The word in `type:`, lower-case. */
  readonly name: string;
  /** Semantic version of the code. Part of each document's `config_sig`: raise it when the output changes for the same input. */
  readonly version: string;
  /** One sentence for `wellspring --help` and the docs. */
  readonly summary: string;
  /** Which workers run it: `browser` only where Chromium is needed. */
  readonly queue: 'collect' | 'browser';
  /** `untrusted` for text that strangers wrote (web pages, MCP servers): stored as the attribute `trust`. */
  readonly trust: 'trusted' | 'untrusted';
  /** A model wrote the text: stored as the attribute `generated`, so that retrieval can leave it out. */
  readonly generated?: true;
  /** JSON Schema 2020-12 of `config`; secrets carry `x-secret: true`. */
  readonly configSchema: JsonSchema;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

/** One piece of knowledge as a source type emits it. */
export interface SourceDocument {
  /** Canonical and stable: the same thing has the same id in every run. At most 2,048 characters. */
  readonly id: string;
  readonly title?: string;
  /** Where a person can look it up. */
  readonly url?: string;
  readonly author?: string;
  readonly tags?: readonly string[];
  /** The source's own time of the last change, ISO 8601 with offset. Left out when the source does not say. */
  readonly modifiedAt?: string;
  readonly body: DocumentBody;
  /** Listed attributes of the source itself; stored as `x_<name>`. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Kept in the manifest and handed back by `env.known`, so that the next run can skip work. */
  readonly validators?: Validators;
}

export type AttributeValue = string | number | boolean | readonly string[];

export type DocumentBody =
  | { readonly kind: 'markdown' | 'text' | 'html'; readonly text: string }
  /** Records as CSV (RFC 4180, with a header): `contentField` of each is embedded by itself, `metadataFields` become attributes of it alone. */
  | {
      readonly kind: 'csv';
      readonly text: string;
      readonly contentField: string;
      readonly metadataFields: readonly string[];
    }
  /** A file that is passed on as it is (PDF, Office, CSV). `path` lies below `env.temporaryDirectory`. */
  | { readonly kind: 'file'; readonly contentType: string; readonly path: string };

export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type ReadMessage<Cursor> =
  | { readonly kind: 'document'; readonly document: SourceDocument }
  /** Present, but not read again: not modified, or listed only. It takes the place of no document and cures no failure. */
  | { readonly kind: 'seen'; readonly id: string }
  /** One document that could not be read: a dead letter. Counts as seen, so it is never deleted for this. */
  | {
      readonly kind: 'failed';
      readonly id?: string;
      readonly failure: FailureName;
      readonly detail: string;
    }
  /**
   * Explicitly removed at the source: a deletion candidate. `tentative` (a 404 of a page) needs a complete listing or a second sighting
   * in another run; without it the source knows for sure (a soft-delete column, a change event).
   */
  | { readonly kind: 'gone'; readonly id: string; readonly why: string; readonly tentative?: true }
  /**
   * Everything before it may be committed together with this cursor. The last checkpoint of a finished read is where the *next run*
   * begins: a type without increments ends with `null`, which means "from the start".
   */
  | { readonly kind: 'checkpoint'; readonly cursor: Cursor | null }
  /**
   * `complete: true` is the only licence to infer deletions: every page of the listing was read. At most one, after all documents. `why`
   * says what is missing, or what the configuration leaves out of a complete one.
   */
  | {
      readonly kind: 'listing';
      readonly complete: boolean;
      readonly why?: string;
      /** What ended an incomplete one, where that is more than its documents' own misfortune: a budget. */
      readonly failure?: FailureName;
    };

/** What became of one document that was read again: never a cursor, never a listing, never just `seen`. */
export type AgainMessage = Extract<
  ReadMessage<never>,
  { readonly kind: 'document' | 'failed' | 'gone' }
>;

/** What the manifest knows of a document. */
export interface KnownDocument extends Validators {
  readonly modifiedAt?: string;
  /** When the content was last stored, ISO 8601. */
  readonly lastChanged?: string;
  /** It is stored, but its last reading failed: there are no validators, and it must be read again. */
  readonly failed?: true;
}

/** What the worker gives to a source type: everything outside comes from here, so that tests and limits hold. */
export interface SourceEnv {
  /** Aborted on cancellation, shutdown and time-out: everything must stop within 5 seconds. */
  readonly signal: AbortSignal;
  readonly log: SourceLog;
  /** `tenant/source`, for log lines and user agents. */
  readonly sourceId: string;
  /** The text of a page changed only if its hash did; this only helps to skip work. Ids as emitted. */
  known(ids: readonly string[]): Promise<ReadonlyMap<string, KnownDocument>>;
  readonly crawls: CrawlStore;
  /** Turns and rules of web hosts, shared with all other sources. */
  readonly hosts: HostMemory;
  /** What agents have paid for in this run, and what the month has cost. */
  readonly modelSteps: ModelStepStore;
  /** Is told what became of web pages; undefined for a look that keeps nothing. */
  readonly witness?: PageWitness;
  /** A folder of this attempt alone, removed after it. */
  readonly temporaryDirectory: string;
  /** Time of the run, the same in every attempt of it. */
  readonly startedAt: Date;
  readonly settings: SourceSettings;
}

/** Where a crawl keeps what is too large for a cursor: the pages that it has still to visit, and what it knows of pages. */
export interface CrawlStore {
  /** The crawl as its checkpoint left it; undefined when that is no longer there, and the crawl has to begin anew. */
  open(reference: CrawlReference): Promise<StoredCrawl | undefined>;
  /** What earlier visits with the same configuration have found, by id as given; unknown pages are missing. */
  pages(ids: readonly string[]): Promise<ReadonlyMap<string, KnownPage>>;
  /** Becomes durable together with the checkpoint that follows, or not at all. */
  stage(changes: CrawlChanges): void;
}

/** Counts what became of the pages of a source, and keeps some of them for those who have to repair it. What it is told becomes durable with the next checkpoint. */
export interface PageWitness {
  /** A page was asked for and judged. */
  page(page: WitnessedPage): void;
  /** A page was not read, since its site says that it is as it was. */
  unmodified(): void;
}

export interface WitnessedPage {
  /** Of the page, after redirects. */
  readonly id: string;
  /** The address that was asked for. */
  readonly url: string;
  /** What came, if anything did. */
  readonly answer?: WitnessedAnswer;
  /** What was found, and what had been looked for; absent where the source has no extraction, or did not come to it. */
  readonly extraction?: Extraction;
  readonly spec?: ExtractionSpec;
  readonly failure?: { readonly name: FailureName; readonly detail: string };
  /** The definition names it: its loss is the source's, not the page's. */
  readonly isSeed: boolean;
}

export interface WitnessedAnswer {
  /** Where redirects led. */
  readonly finalUrl: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As received; of a rendered page its HTML in UTF-8. */
  readonly body: Uint8Array;
  /** A browser has made it: there is no charset to be wrong about. */
  readonly rendered: boolean;
}

/** What the operator of a worker allows or provides; from the worker's own environment, never from a definition. */
export interface SourceSettings {
  /** Hosts (`name` or `name:port`) that a source may reach although they are internal. */
  readonly allowedHosts: readonly string[];
  /** Sent as User-Agent of crawls; names a contact. */
  readonly userAgent: string;
  /** Resolves to the path of a Chromium. @throws InvalidConfig with the remedy, when there is none. */
  chromium(): Promise<string>;
  /** Where agents get their models, by the name in `model.provider`. */
  readonly models: ModelProviders;
  /** Largest document in bytes, after extraction. */
  readonly maxDocumentBytes: number;
  /** Longest time in which one page may be read, once it is there. Default: 20 seconds. */
  readonly pageDeadlineMs?: number;
  /** Commands (basename or absolute path) that `script` and MCP stdio sources may start; `*` allows any. */
  readonly allowedCommands: readonly string[];
  /** The environment that scripts and MCP servers may be given, by the names that their definition lists. */
  variable(name: string): string | undefined;
}

export interface SourceLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What the author of a source type writes. All I/O goes through `env` and stops with `env.signal`. */
export interface SourceType<Config, Cursor> {
  readonly spec: Omit<SourceSpec, 'configSchema'>;
  /** Facts about a good config that need no I/O and no secret. Throw `InvalidConfig` for what the schema cannot say. */
  validate?(config: Config): void;
  /** One verdict a capability; a time-out, DNS failure or 5xx is INDETERMINATE, never FAIL. No side effects. */
  check(config: Config, env: SourceEnv): Promise<readonly CheckResult[]>;
  /** What is there to be read, in stable order. */
  discover(config: Config, env: SourceEnv): Promise<Discovery>;
  /**
   * What the documents and the cursor hang on (columns, keys, tools), where that can be told cheaply and without reading documents: each run
   * begins with it, and what is lost holds the run. Only what the definition uses; nothing that comes and goes with single documents.
   */
  shape?(config: Config, env: SourceEnv): Promise<SourceShape>;
  /** Which rule of the configuration takes or refuses an id or address that a person asks about; no I/O. Left out where the source alone decides. */
  ruleOn?(config: Config, about: string): Promise<ScopeRuling>;
  /** Streams in bounded memory and resumes from every checkpoint that it emitted. */
  read(config: Config, from: Cursor | null, env: SourceEnv): AsyncIterable<ReadMessage<Cursor>>;
  /**
   * Reads these documents alone once more, by ids that it emitted before, at most 100: what failed is tried again without reading the rest. An
   * id that cannot be asked for alone is passed over; the next whole read meets it. Left out where single documents cannot be asked for; then only the next whole read meets them.
   */
  readAgain?(config: Config, ids: readonly string[], env: SourceEnv): AsyncIterable<AgainMessage>;
}
