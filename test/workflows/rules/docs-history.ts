import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const folder = join(process.env['TEST_MATERIALS'] ?? '', 'docs-history');

/** The documentation history of the test materials; empty where it is not, said loudly. */
export const DOCS_HISTORY = existsSync(join(folder, 'history.bundle')) ? folder : '';
if (DOCS_HISTORY === '') console.warn('SKIPPED: TEST_MATERIALS has no "docs-history" folder.');

/** One commit of the history, as its list says. */
export interface Change {
  /** From 1. */
  readonly n: number;
  readonly commit: string;
  readonly added: readonly string[];
  readonly modified: readonly string[];
  readonly deleted: readonly string[];
}

/** A work tree that walks through the history. */
export interface DocsHistory {
  readonly changes: readonly Change[];
  /** Where the files of the commit are that was checked out last. */
  readonly tree: string;
  checkOut(change: Change): Promise<void>;
  /** Text by path, as the tree has it now. */
  files(): Promise<ReadonlyMap<string, string>>;
}

export async function openDocsHistory(workFolder: string): Promise<DocsHistory> {
  const tree = join(workFolder, 'docs');
  await git(workFolder, 'clone', '--quiet', join(folder, 'history.bundle'), tree);
  const list = await readFile(join(folder, 'changes.json'), 'utf8');
  const { commits } = JSON.parse(list) as { readonly commits: readonly Change[] };
  return {
    changes: commits,
    tree,
    checkOut: ({ commit }) => git(tree, 'checkout', '--quiet', '--force', '--detach', commit),
    async files() {
      const names = await readdir(tree, { recursive: true });
      const paths = names.filter((name) => name.endsWith('.md') && !name.startsWith('.git'));
      const read = async (path: string) =>
        [path, await readFile(join(tree, path), 'utf8')] as const;
      return new Map(await Promise.all(paths.toSorted().map(read)));
    },
  };
}

async function git(cwd: string, ...args: readonly string[]): Promise<void> {
  await promisify(execFile)('git', [...args], { cwd });
}
