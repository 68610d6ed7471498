import type { Objects } from '../../adapters/aws/objects.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { FailureName } from '../../workflows/failures.ts';
import type { EvidenceView, GoodSample } from '../strategies/contract.ts';

export interface EvidenceDependencies {
  readonly db: Database;
  readonly objects: Objects;
}

/** What evidence is asked for. */
export interface EvidenceQuestion {
  /** In force when the run failed: its extraction is the spec of the view, its knowledge base says where evidence lies. */
  readonly definition: SourceDefinition;
  /** Id of the run that failed. */
  readonly run: string;
  readonly failure: FailureName;
  /** Fields that fail; `records` itself is the empty text. */
  readonly fields: readonly string[];
  readonly signal: AbortSignal;
}

export type LoadedEvidence =
  | {
      readonly kind: 'view';
      /** Of what may be shown, alone. */
      readonly view: EvidenceView;
      /** What of the evidence is missing, cut or damaged, as sentences. */
      readonly notes: readonly string[];
    }
  /** Nothing can be looked at; the sentence says why and what to do. */
  | { readonly kind: 'nothing'; readonly because: string };

/** The failing pages of a run, replayed through the spec in force, and the good samples that may be shown. Held-out bodies are not read. */
export declare function loadEvidence(
  question: EvidenceQuestion,
  deps: EvidenceDependencies,
): Promise<LoadedEvidence>;

/** The good samples that no fixer may see: for checks alone. Empty where too few bodies are kept. */
export declare function loadHeldOut(
  question: Pick<EvidenceQuestion, 'definition' | 'signal'>,
  deps: EvidenceDependencies,
): Promise<readonly GoodSample[]>;
