import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit } from 'node:process';

// Has Temporal's SDK download the CLI into the folder given and names it `temporal` there. The SDK can only download
// by starting a server, so one is started and ended at once. Prints one line of why when it cannot.

const [, , folder = '.'] = argv;

try {
  // A development dependency: an installation without those goes on to the next step of the search.
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: folder } },
  });
  await environment.teardown();
  nameIt(folder);
  exit(0);
} catch (error) {
  console.error(shortReason(error));
  exit(1);
}

function nameIt(folder: string): void {
  const downloaded = readdirSync(folder).find((name) => name.startsWith('temporal-'));
  if (downloaded === undefined) throw new Error('the SDK left no file');
  renameSync(join(folder, downloaded), join(folder, 'temporal'));
}

function shortReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/dns error|Connect|timed out/.test(text)) return 'no network to temporal.download';
  return text.split('\n')[0]?.slice(0, 200) ?? 'unknown reason';
}
