import type { SyncTarget } from '../collection/activities.ts';

/** Every effect that deciding about a held set has, whatever its kind. */
export interface ApprovalActivities {
  /** How the set stands in the database, which has the last word on what was decided. */
  readHeldSet(set: HeldSetReference): Promise<RecordedVerdict>;
  /** Writes how a question ended, once: the first end stays, and is returned whoever asks. Idempotent. */
  recordVerdict(input: RecordVerdictInput): Promise<RecordedVerdict>;
  /** Notes that people were reminded, or others were told, for whoever sends such messages. Idempotent by its numbers. */
  recordReminder(input: RecordReminderInput): Promise<void>;
  /**
   * Deletes an approved set, but for what the source has shown since. Running it again finishes what a crash left, and then does nothing.
   * @throws Conflict - the source is being collected: retried until that is over.
   */
  deleteHeld(input: DeleteHeldInput): Promise<HeldDeletion>;
  /**
   * Waits for an ingestion that covers the deletions (heartbeats), then asks the knowledge base about some of them, several times where
   * it still has them.
   */
  verifyRemovals(input: VerifyRemovalsInput): Promise<RemovalCheck>;
  recordVerification(input: RecordVerificationInput): Promise<void>;
  /**
   * Makes what an approved question showed the new baseline of its source. Running it again changes nothing.
   * @throws Conflict - the source is being collected: retried until that is over.
   */
  acceptBaseline(set: HeldSetReference): Promise<void>;
}

/**
 * What people are asked about: documents that would go; documents whose text shrank; so many refused documents that the whole run looks
 * wrong; a source that is made of something else than before. One open question of each kind and source.
 */
export type QuestionKind = 'deletions' | 'shrunken' | 'violations' | 'drift';

export interface HeldSetReference {
  readonly tenant: string;
  readonly source: string;
  /** sha256 over what is asked about: for deletions the sorted hashes of the documents. */
  readonly digest: string;
}

export type HeldState = 'open' | 'approved' | 'rejected' | 'expired' | 'superseded';

export interface RecordedVerdict {
  /** `missing`: nobody has stored such a set. */
  readonly state: HeldState | 'missing';
  readonly by?: string;
  readonly atMs?: number;
  readonly proven?: boolean;
  /** The deletions of an approved set are done. */
  readonly executed: boolean;
}

export interface RecordVerdictInput extends HeldSetReference {
  readonly state: 'approved' | 'rejected' | 'expired';
  readonly by?: string;
  readonly reason?: string;
  readonly atMs: number;
  readonly proven: boolean;
}

export interface RecordReminderInput extends HeldSetReference {
  readonly reminders: number;
  readonly escalations: number;
  /** Whom else to tell; empty for a plain reminder. */
  readonly to: readonly string[];
}

export interface DeleteHeldInput extends HeldSetReference {
  /** Of the definition that was in force when the set was held: its knowledge base is told. */
  readonly definitionDigest: string;
}

export interface HeldDeletion {
  readonly deleted: number;
  readonly dropped: number;
}

export interface VerifyRemovalsInput extends HeldSetReference {
  readonly knowledgeBase: SyncTarget;
}

export interface RemovalCheck {
  /** Documents that were asked about. */
  readonly asked: number;
  /** `s3://…` of those that the knowledge base still has, at most five. */
  readonly found: readonly string[];
  readonly foundTotal: number;
}

export interface RecordVerificationInput extends HeldSetReference {
  /** Null when all that was asked about is gone. */
  readonly problem: string | null;
}
