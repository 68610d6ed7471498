import type { ChildEnvironmentConfig } from '../child-process/environment.ts';

/** The config of a `script` source, after its schema. */
export interface ScriptConfig extends ChildEnvironmentConfig {
  readonly command: readonly string[];
  readonly cwd?: string;
  /** As people write it: `30 minutes`. */
  readonly timeout?: string;
  readonly check?: readonly string[];
  readonly dialect: 'wellspring' | 'singer' | 'airbyte';
  readonly contentHashIds: boolean;
  readonly fullListing: boolean;
  readonly maxOutputBytes: number;
}

/** The state that a script gave out with a checkpoint. */
export type ScriptState =
  | string
  | number
  | boolean
  | null
  | ScriptState[]
  | { [key: string]: ScriptState };
