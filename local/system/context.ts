import type { LocalConfig } from '../config.ts';

/** A part of the system that can be a real one instead of the embedded one. */
export const REAL_PARTS = ['temporal', 'aws', 'database'] as const;
export type RealPart = (typeof REAL_PARTS)[number];

/** What every part of the embedded system is started with. */
export interface SystemContext {
  readonly local: LocalConfig;
  /** Absolute. Holds everything that outlives a start. */
  readonly stateFolder: string;
  readonly real: ReadonlySet<RealPart>;
  /** One line for the person who started it. */
  readonly announce: (line: string) => void;
  /** Of the person's own environment, for real parts and for references such as `${env:NAME}`. */
  readonly ambient: (name: string) => string | undefined;
  /** Chooses a port near a wanted one; no port is promised twice. */
  readonly port: (name: string, wanted: number) => Promise<number>;
}

/** Where each embedded part listens, if the port is free. Temporal's are its own defaults; the others follow each other. */
export const PORTS = {
  temporal: 7233,
  ui: 8233,
  database: 7254,
  s3: 7255,
  bedrock: 7256,
  metrics: 7257,
  site: 7258,
} as const;

export type Variables = Readonly<Record<string, string>>;
