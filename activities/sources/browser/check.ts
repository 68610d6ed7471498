import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';
import { checkSeeds } from '../web/check-seeds.ts';
import type { Session } from '../web/session.ts';
import { attempt, pass } from '../web/verdict.ts';
import type { BrowserConfig } from './config.ts';
import { openSession } from './session.ts';

/** Is there a browser, and what do the seeds give in it? Stores nothing. */
export async function checkBrowser(
  config: BrowserConfig,
  env: SourceEnv,
): Promise<readonly CheckResult[]> {
  let session: Session | undefined;
  const browser = await attempt(env, 'browser', async () => {
    session = await openSession(config, env);
    return pass('browser', 'There is a Chromium.');
  });
  if (session === undefined) return [browser];
  try {
    return [browser, ...(await checkSeeds(session)).results];
  } finally {
    await session.close();
  }
}
