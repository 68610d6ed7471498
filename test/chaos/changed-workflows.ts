import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = new URL('../../', import.meta.url);

/** One edit of a workflow's text, as a next version has it. */
export interface Edit {
  /** Below `workflows/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Bundles the workflows with these edits; answers the file. @throws Error - a text that is to be edited is not there. */
export async function bundleChanged(folder: string, edits: readonly Edit[]): Promise<string> {
  const workflows = join(folder, 'workflows');
  await cp(new URL('workflows/', ROOT), workflows, { recursive: true });
  await symlink(fileURLToPath(new URL('node_modules', ROOT)), join(folder, 'node_modules'));
  for (const edit of edits) {
    const path = join(workflows, edit.file);
    await writeFile(path, edited(await readFile(path, 'utf8'), edit));
  }
  const silent = (): void => undefined;
  const logger = {
    log: silent,
    trace: silent,
    debug: silent,
    info: silent,
    warn: silent,
    error: silent,
  };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(workflows, 'index.ts'), logger });
  const bundle = join(folder, 'workflows.js');
  await writeFile(bundle, code);
  return bundle;
}

function edited(text: string, edit: Edit): string {
  const { file, from, to } = edit;
  if (!text.includes(from)) throw new Error(`"${file}" does not hold: ${from}`);
  return text.replace(from, to);
}

/** The workflows as they are hold every place of these edits. @throws Error - one is not there. */
export async function tryEdits(edits: readonly Edit[]): Promise<void> {
  for (const edit of edits)
    edited(await readFile(new URL(`workflows/${edit.file}`, ROOT), 'utf8'), edit);
}
