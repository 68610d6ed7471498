import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { inject, vi } from 'vitest';
import { findTemporalCli } from '../../local/tools/temporal-cli.ts';
import { toolSearch } from './tools.ts';

/**
 * Runs the first command with `part` that the details of a workflow print, as a person copies it: by Temporal's own CLI, in a shell that
 * knows nothing of us. Waits until it is printed.
 */
export async function runPrintedCommand(
  handle: WorkflowHandle,
  part: string,
  namespace: string,
): Promise<void> {
  const line = await vi.waitFor(() => printedLine(handle, part), PATIENTLY);
  const command = line.trim().replace(NPM_SCRIPT, '');
  const { tool } = await findTemporalCli({ ...toolSearch(true), sdkDownload: false });
  const server = `--address ${inject('temporalAddress')} --namespace ${namespace}`;
  await promisify(execFile)('bash', ['-c', `"${tool}" ${command} ${server}`], {
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
    timeout: 20_000,
  });
}

const NPM_SCRIPT = 'npm run temporal --';
/** Tests that run at once cannot poll by `expect`. */
const PATIENTLY = { timeout: 15_000, interval: 50 };

async function printedLine(handle: WorkflowHandle, part: string): Promise<string> {
  const { currentDetails } = await handle.query<{ readonly currentDetails: string }>(
    '__temporal_workflow_metadata',
  );
  const line = currentDetails
    .split('\n')
    .find((one) => one.includes(NPM_SCRIPT) && one.includes(part));
  if (line === undefined) throw new Error(`No command with ${part} is printed: ${currentDetails}`);
  return line;
}
