import {
  kitEnv,
  type KitEnv,
  type KitEnvOverrides,
} from '../../activities/sources/conformance/environment.ts';
import { bedrockModels } from '../../adapters/models/bedrock.ts';
import type { LocalConfig } from '../config.ts';
import { findChromium } from '../tools/chromium.ts';

/** How each attempt is surrounded: loopback addresses and those that the person allows, every command, and the Chromium of this machine. */
export function certifyEnv(local: LocalConfig): (overrides: KitEnvOverrides) => KitEnv {
  const announce = (line: string): void => console.error(line);
  const hosts = (local.ambient('WELLSPRING_ALLOWED_HOSTS') ?? '')
    .split(',')
    .map((one) => one.trim());
  return (overrides) =>
    kitEnv({
      ...overrides,
      settings: {
        variable: local.ambient,
        models: new Map([['bedrock', bedrockModels()]]),
        chromium: async () => (await findChromium({ ...local, mayInstall: false, announce })).tool,
        allowedHosts: ['127.0.0.1', 'localhost', '::1', ...hosts.filter((one) => one !== '')],
        ...overrides.settings,
      },
    });
}
