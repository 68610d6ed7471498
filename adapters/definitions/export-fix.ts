import { replaceEnvReferences } from '../secrets/references.ts';
import { diskFiles, readFiles, type FileAccess, type RawEntry } from './files.ts';
import type { Path } from './finding.ts';
import { patchYaml, type WrittenFix } from './patch-yaml.ts';
import { valueAt } from './shown.ts';

export interface ExportOptions {
  /** Path of `wellspring.yaml`; what it includes is looked through, too. */
  readonly file: string;
  /** Default: the disk. */
  readonly files?: FileAccess;
  readonly variables: (name: string) => string | undefined;
}

export type ExportedFix =
  | {
      /** The file that defines the source. */
      readonly file: string;
      readonly before: string;
      /** The same as `before` when the file holds the fix already. */
      readonly after: string;
    }
  | { readonly refused: string };

/** The file that defines a source, and what it says with a fix in it. Reads only. */
export async function exportFix(fix: WrittenFix, options: ExportOptions): Promise<ExportedFix> {
  const { file, files = diskFiles, variables } = options;
  const { sources } = await readFiles(file, files);
  const isMeant = ({ value }: RawEntry): boolean => {
    const id = valueAt(value, ['id']);
    return (
      typeof id === 'string' &&
      replaceEnvReferences(id, (name) => variables(name) ?? '') === fix.source
    );
  };
  const entry = sources.find(isMeant);
  if (!entry)
    return {
      refused: `"${file}" defines no source "${fix.source}". Name the file that does with --config.`,
    };
  const before = await files.read(entry.yaml.file);
  const path = [...entry.path, ...extractPath(entry.value)];
  const patched = patchYaml(before, fix, { path, variable: variables });
  if ('refused' in patched) return { refused: `${patched.refused} (${entry.yaml.file})` };
  return { file: entry.yaml.file, before, after: patched.text };
}

/** `selectors` is the original papers' name of it. */
function extractPath(entry: unknown): Path {
  const isOld = valueAt(entry, ['config', 'extract']) === undefined;
  return isOld && valueAt(entry, ['config', 'selectors']) !== undefined
    ? ['config', 'selectors']
    : ['config', 'extract'];
}
