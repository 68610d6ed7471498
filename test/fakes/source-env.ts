import {
  kitEnv,
  type KitEnv,
  type KitEnvOverrides,
} from '../../activities/sources/conformance/environment.ts';

export type SourceEnvOverrides = KitEnvOverrides;

/** A `SourceEnv` for tests that remembers what was logged. */
export type TestSourceEnv = KitEnv;

/** An environment that allows the loopback addresses and every command, in a temporary directory of its own. */
export function sourceEnv(overrides: SourceEnvOverrides = {}): TestSourceEnv {
  const userAgent = 'wellspring-tests/1.0 (+mailto:tests@example.com)';
  return kitEnv({
    sourceId: 'acme/test-source',
    ...overrides,
    settings: { userAgent, ...overrides.settings },
  });
}
