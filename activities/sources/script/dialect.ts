import type { CheckResult, Discovery } from '../../../workflows/collection/inspection.ts';
import type { ReadMessage, SourceEnv } from '../contract.ts';
import type { ScriptConfig, ScriptState } from './config.ts';

/** How a family of programs is started and understood. */
export interface Dialect {
  /** What has to be known before the read: the command with its files, and what its lines mean. It may run the program for that. */
  open(config: ScriptConfig, from: ScriptState, env: SourceEnv): Promise<Conversation>;
  /** Verdicts beyond "the program exists", where the dialect has commands of its own for that. */
  check?(config: ScriptConfig, env: SourceEnv): Promise<readonly CheckResult[]>;
  discover?(config: ScriptConfig, env: SourceEnv): Promise<Discovery>;
}

/** One read: it remembers what the lines so far have said. */
export interface Conversation {
  readonly command: readonly string[];
  /** What one whole line means. */
  read(text: string): readonly Reading[];
  /** The document that a line with damaged characters is about, if that can be told. Remembers nothing. */
  idOf(text: string): string | undefined;
  /** After a good exit. */
  ending(): Ending;
  /** What the program said about its own failure, in place of what its exit code means. `error` is absent after a good exit. */
  explained?(error: unknown): unknown;
}

export type Reading =
  | Exclude<ReadMessage<ScriptState>, { kind: 'listing' }>
  /** The line is a dead letter. `why` goes on after "Line 7 of the script". */
  | { readonly kind: 'bad'; readonly why: string; readonly id?: string }
  | { readonly kind: 'log'; readonly level: 'debug' | 'info' | 'warn'; readonly text: string };

export interface Ending {
  /** Absent where the program said nothing about it. */
  readonly listing?: { readonly complete: boolean; readonly why?: string };
  /** Where the next run begins. */
  readonly cursor: ScriptState;
}
