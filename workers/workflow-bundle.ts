import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type BundleOptions } from '@temporalio/worker';

/** What is told about a bundling: never anything when all is well. */
export type BundleLog = (level: 'warn' | 'error', message: string) => void;

/** The one bundle of all workflows, as JavaScript; takes 1 to 2 seconds. @throws Error - an import or a type that the sandbox refuses. */
export async function bundleWorkflows(log: BundleLog): Promise<{ readonly code: string }> {
  const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
  const quiet = (): undefined => undefined;
  return bundleWorkflowCode({
    workflowsPath,
    webpackConfigHook: withoutSources,
    logger: {
      log: quiet,
      trace: quiet,
      debug: quiet,
      info: quiet,
      warn: (message) => log('warn', message),
      error: (message) => log('error', message),
    },
  });
}

/** Stack traces keep their files and lines; the texts of all sources beside them would be more than half of the bundle. */
export const withoutSources: NonNullable<BundleOptions['webpackConfigHook']> = (config) => ({
  ...config,
  devtool: 'inline-nosources-source-map',
});
