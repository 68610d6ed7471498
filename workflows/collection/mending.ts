/** Which documents of a source. */
export type MendChoice =
  /** By id, address or key; as many as fit into a payload. */
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  /** Those that the knowledge base could not index. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'all' };

export type MendSourceInput = {
  readonly tenant: string;
  readonly source: string;
  /** Names the request: a repeated attempt is recognised by it. */
  readonly request: string;
} & (
  | {
      /** `reindex`: the knowledge base reads the objects again. `reread`: the next run reads the source again and writes them anew. */
      readonly verb: 'reindex' | 'reread';
      readonly choice: MendChoice;
    }
  /** Asks people whether the documents of a source that left the definitions may go. */
  | { readonly verb: 'forget' }
);

export interface MendReport {
  /** Documents that were handed to the knowledge base, marked for the next run, or asked about. */
  readonly documents: number;
  /** How the knowledge base stands to them in the end; only of `reindex`. */
  readonly outcomes?: Readonly<Partial<Record<'indexed' | 'failed' | 'pending' | 'gone', number>>>;
  /** The first of those that were chosen and could not be taken, with the reason. */
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
  readonly refusedTotal: number;
  /** The held set that asks; only of `forget`. */
  readonly digest?: string;
}

/** What people do to the documents of one source when something went wrong behind its back. */
export interface MendingActivities {
  /** Idempotent: a repeated attempt goes on where the last one ended. @throws NotFound, InvalidConfig, Conflict - a run is under way. */
  mendSource(input: MendSourceInput): Promise<MendReport>;
}
