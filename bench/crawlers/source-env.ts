import { tmpdir } from 'node:os';
import type { SourceEnv } from '../../activities/sources/contract.ts';
import type { HostLimits } from '../../adapters/net/host-limits.ts';
import type { HostMemory } from '../../adapters/net/manners.ts';
import { createRobotsFiles } from '../../adapters/net/robots-file.ts';
import { USER_AGENT } from './crawler.ts';

/** An environment in which nothing is known, nothing is kept, and no host makes anybody wait. */
export function benchEnv(origin: string, chromium: () => Promise<string> = nobody): SourceEnv {
  const silent = (): void => undefined;
  const env: Needed = {
    signal: new AbortController().signal,
    log: { debug: silent, info: silent, warn: silent },
    sourceId: 'bench/site',
    known: () => Promise.resolve(new Map()),
    crawls: {
      open: () => Promise.resolve(undefined),
      pages: () => Promise.resolve(new Map()),
      stage: silent,
    },
    hosts: unhurriedHosts(),
    temporaryDirectory: tmpdir(),
    startedAt: new Date(),
    settings: {
      allowedHosts: [new URL(origin).host],
      userAgent: USER_AGENT,
      chromium,
      maxDocumentBytes: 50_000_000,
      allowedCommands: [],
      variable: () => undefined,
    },
  };
  return env as SourceEnv;
}

/** A source of web pages asks for nothing else, whatever others need. */
type Needed = Pick<
  SourceEnv,
  'signal' | 'log' | 'sourceId' | 'known' | 'crawls' | 'hosts' | 'temporaryDirectory' | 'startedAt'
> & {
  readonly settings: Partial<SourceEnv['settings']>;
};

function nobody(): Promise<never> {
  return Promise.reject(new Error('This side of the bench has no Chromium.'));
}

/** robots.txt is asked for as ever; turns come at once, so that CPU time can be measured without waiting for the pace of a guest. */
function unhurriedHosts(): HostMemory {
  const limits: HostLimits = {
    take: () => Promise.resolve({ taken: true, waitMs: 0 }),
    hold: () => Promise.resolve(),
    look: () => Promise.resolve({ heldMs: 0 }),
    keep: () => Promise.resolve(),
  };
  const pace = { take: () => Promise.resolve(), hold: () => Promise.resolve() };
  return { pace, robots: createRobotsFiles(limits) };
}
