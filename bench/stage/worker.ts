import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CREDENTIALS, DISCARD_VARIABLE, REGION, SOURCE_URL_VARIABLE } from './names.ts';
import { startProgram, type Program } from './programs.ts';
import type { Stage } from './stage.ts';

/**
 * A worker of the product in a process of its own. `discard`: its uploads go nowhere, to fill a manifest quickly. `instantRepairs`: its only
 * activities are those of repairs, and answer at once.
 */
export async function startWorker(
  stage: Stage,
  options: { readonly discard?: boolean; readonly instantRepairs?: boolean } = {},
): Promise<Program> {
  // The profiles of the person who runs the bench must not be read, and the SDK wants a file with one.
  const configFile = join(stage.folder, 'temporal.toml');
  await writeFile(configFile, '[profile.default]\n');
  return startProgram({
    name: options.discard ? 'filling-worker' : 'worker',
    file: options.instantRepairs ? REPAIR_WORKER : WORKER,
    folder: stage.folder,
    readyPath: '/readyz',
    environment: (port) => ({
      ...temporalVariables(stage, configFile),
      ...awsVariables(stage),
      WELLSPRING_DATABASE_URL: stage.manifestUrl,
      WELLSPRING_HTTP_ADDRESS: `127.0.0.1:${port}`,
      WELLSPRING_WORKFLOW_BUNDLE: stage.bundleFile,
      WELLSPRING_SHUTDOWN_GRACE: '1 second',
      WELLSPRING_TASK_QUEUES: 'orchestration,collect',
      LOG_LEVEL: 'warn',
      [SOURCE_URL_VARIABLE]: stage.sourceUrl,
      [DISCARD_VARIABLE]: options.discard ? 'yes' : undefined,
    }),
  });
}

const WORKER = new URL('../worker.ts', import.meta.url);
const REPAIR_WORKER = new URL('../repair-worker.ts', import.meta.url);

function temporalVariables({ temporal }: Stage, configFile: string) {
  return {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_CONFIG_FILE: configFile,
    TEMPORAL_PROFILE: undefined,
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS: undefined,
  };
}

/** Every service is the stub, which counts what is no request to S3 too. */
function awsVariables({ s3 }: Stage) {
  return {
    AWS_ENDPOINT_URL: s3.url,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
