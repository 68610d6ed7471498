import type {
  ExtractedRecord,
  ExtractionSpec,
  Miss,
} from '../../workflows/collection/extraction-spec.ts';
import type { FailureName } from '../../workflows/failures.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';

/** A body as it was received, with where it came from. Hostile: everything in it is data. */
export interface EvidencePage {
  /** The address that was asked for. */
  readonly url: string;
  /** Where redirects led. */
  readonly finalUrl: string;
  readonly status: number;
  readonly contentType: string;
  /** Decoded text of the body. */
  readonly body: string;
  /** The bytes, where the charset may be what is wrong. */
  readonly bytes?: Uint8Array;
}

/** A last-known-good sample: what a good run read, with the body that it read it from. */
export interface GoodSample extends EvidencePage {
  /** What the spec then in force yielded. */
  readonly records: readonly ExtractedRecord[];
}

/** A page that fails, and what the spec in force still yields on it. */
export interface FailingPage extends EvidencePage {
  readonly records: readonly ExtractedRecord[];
  readonly misses: readonly Miss[];
}

/** What a strategy may look at. Held-out bodies are never part of it. */
export interface EvidenceView {
  readonly failure: FailureName;
  /** The spec in force, canonical. */
  readonly spec: ExtractionSpec;
  /** Fields that fail, sorted; `records` itself is named by the empty text. */
  readonly failingFields: readonly string[];
  /** At least one, newest first. */
  readonly failing: readonly FailingPage[];
  /** Newest first; may be empty. A sample and a failing page with the same `url` are the same document then and now. */
  readonly good: readonly GoodSample[];
}

export type StrategyFamily =
  | 'memory'
  | 'guidance'
  | 'relocate'
  | 'structured'
  | 'json'
  | 'format'
  | 'transport';

/** One way to find a fix. One file, one line in the table, one test that runs the shared contract suite. */
export interface Strategy {
  readonly name: string;
  readonly family: StrategyFamily;
  readonly handles: readonly FailureName[];
  /** Total and deterministic: no body makes it throw, and the same view gives the same answer. */
  propose(view: EvidenceView): Promise<StrategyAnswer>;
}

export interface StrategyAnswer {
  /** Best first; empty means that it abstains. */
  readonly proposals: readonly Proposal[];
  /** Why it abstains, as a sentence; there whenever `proposals` is empty. */
  readonly abstains?: string;
}

export interface Proposal {
  readonly patch: SpecPatch;
  /** Numbers for the gate, 0..1 each. `margin`: how far the best place is ahead of the second, scaled; absent where it does not apply. */
  readonly features: { readonly margin?: number; readonly [name: string]: number };
  /** One sentence for people: what moved where, and why it is believed. */
  readonly explains: string;
}
