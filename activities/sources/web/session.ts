import type { Manners } from '../../../adapters/net/manners.ts';
import type { Extraction, ExtractionSpec } from '../../../workflows/collection/extraction-spec.ts';
import type { KnownDocument, ReadMessage, SourceEnv, WitnessedAnswer } from '../contract.ts';
import type { Scope } from './scope.ts';
import type { SiteConfig } from './site-config.ts';

/** One reading of a web site: everything in which source types differ, and what they share. Close it. */
export interface Session {
  readonly config: SiteConfig;
  readonly env: SourceEnv;
  readonly scope: Scope;
  readonly manners: Manners;
  /** Links away from a seed that are followed; 0 for none. */
  readonly maxDepth: number;
  /** How much work may be lost between two checkpoints. */
  readonly pagesPerCheckpoint: number;
  /** Pages that may be asked for while one is read. 0: one after the other. */
  readonly pagesAhead: number;
  /** Do requests for this page carry credentials? */
  hasCredentials(url: string): boolean;
  /** Waits for the host's turn, then asks for the page. Every status is an answer. Validators of `known` may save the body. */
  ask(url: string, known?: KnownDocument): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  /** Where it came from, after redirects. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What came, for those who look at it later. */
  readonly received?: () => WitnessedAnswer;
  /**
   * Reads an answer with 2xx.
   * @throws EmptyResult - no text. @throws SelectorMissing - a configured field, or the list of records, was not found.
   * @throws InvalidDocument - a "not found" page, or one that cannot be read. @throws AuthExpired, Blocked - a login page.
   */
  read(place: PagePlace): Promise<PageReading>;
}

export interface PagePlace {
  /** Of the page, after redirects. */
  readonly id: string;
  /** What was asked for, before redirects. */
  readonly asked: string;
  /** The address where the list begins, if the page holds records. */
  readonly listId: string;
  /** Is told what the extraction found, before it is judged. */
  readonly found?: (extraction: Extraction, spec: ExtractionSpec) => void;
}

/** What a page that answered 2xx holds. */
export interface PageReading {
  /** Documents, and records that are none for want of a field. */
  readonly messages: readonly DocumentMessage[];
  /** Addresses as written, absolute. Empty if the page asks not to follow them. */
  readonly links: readonly string[];
  /** The id of the page that this one says it is a view of, on the same host or not. */
  readonly canonical?: string;
  /** Address of the following page of a list. */
  readonly next?: string;
  /** Why there is no document, although nothing is wrong. */
  readonly skipped?: 'noindex' | 'content type';
}

export type DocumentMessage = Extract<ReadMessage<never>, { kind: 'document' | 'failed' }>;
