import { createGuard } from '../../../adapters/net/guard.ts';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';
import { attempt, pass } from '../web/verdict.ts';
import type { StrandsConfig } from './config.ts';
import { openModel } from './open-model.ts';

/** Credentials and model by one token, and whether the hosts may be read at all (sources A3). No question is asked. */
export async function checkStrands(
  config: StrandsConfig,
  env: SourceEnv,
): Promise<readonly CheckResult[]> {
  return [await checkModel(config, env), await checkHosts(config, env)];
}

async function checkModel(config: StrandsConfig, env: SourceEnv): Promise<CheckResult> {
  const { modelId } = config.model;
  return attempt(env, 'model', async () => {
    const opened = await openModel(config, env.settings);
    try {
      await opened.reach(env.signal);
      return pass('model', `The model "${modelId}" answers.`);
    } finally {
      opened.close();
    }
  });
}

function checkHosts({ tools: { fetch } }: StrandsConfig, env: SourceEnv): Promise<CheckResult> {
  const guard = createGuard({ allowedHosts: env.settings.allowedHosts });
  return attempt(env, 'hosts', () => {
    for (const host of fetch.hosts) guard.checkUrl(new URL(`https://${host}/`));
    return Promise.resolve(pass('hosts', `May be read: ${fetch.hosts.join(', ')}.`.slice(0, 300)));
  });
}
