import type { ManifestFolder } from '../../adapters/postgres/examinations.ts';
import type { Examination } from './examine-system.ts';
import { openFolder, type FolderComparison } from './compare-folder.ts';

/** A part of a bucket that is listed once, and the folders of sources in it. */
interface Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly folders: readonly ManifestFolder[];
}

/** The manifest against S3: both in the order of keys, side by side, so that memory holds a page of each. */
export async function examineStorage(examination: Examination): Promise<void> {
  for (const place of placesOf(examination)) {
    await examinePlace(place, examination);
    await examineUploads(place, examination);
  }
}

/** A knowledge base owns its prefix: everything there is looked at. Folders elsewhere, and those of a single source, are looked at alone. */
function placesOf({ input, definitions, folders }: Examination): readonly Place[] {
  const known = input.source === undefined ? [] : ownFolders(definitions, folders);
  const all = [...folders, ...known];
  const whole =
    input.source === undefined
      ? definitions.map(({ knowledgeBase: { bucket, prefix } }) => ({
          bucket,
          prefix: prefix === '' ? '' : `${prefix}/`,
        }))
      : [];
  const prefixes = [...whole, ...all.map(({ bucket, folder }) => ({ bucket, prefix: folder }))];
  const roots = prefixes.filter(
    (one, at) =>
      !prefixes.some(
        (other, index) =>
          other.bucket === one.bucket &&
          one.prefix.startsWith(other.prefix) &&
          (other.prefix !== one.prefix || index < at),
      ),
  );
  return roots.map((root) => ({
    ...root,
    folders: all.filter(
      ({ bucket, folder }) => bucket === root.bucket && folder.startsWith(root.prefix),
    ),
  }));
}

/** A source without any row may have objects nevertheless. */
function ownFolders(
  definitions: Examination['definitions'],
  folders: readonly ManifestFolder[],
): ManifestFolder[] {
  return definitions
    .map(({ tenant, id, category, knowledgeBase: { bucket, prefix } }) => ({
      tenant,
      source: id,
      bucket,
      folder: [prefix, tenant, category, id, '']
        .filter((part, at) => part !== '' || at > 0)
        .join('/'),
      live: 0,
    }))
    .filter(
      (one) =>
        !folders.some(({ bucket, folder }) => bucket === one.bucket && folder === one.folder),
    );
}

async function examinePlace(
  { bucket, prefix, folders }: Place,
  examination: Examination,
): Promise<void> {
  const { deps, findings, looked, signal } = examination;
  const byPath = new Map(folders.map((one) => [one.folder, one]));
  const open = new Map<string, FolderComparison>();
  for await (const object of deps.objects.list({ bucket, prefix, signal })) {
    looked.objects += 1;
    // Keys come in order: a folder whose name no longer begins the key is at its end.
    for (const [path, comparison] of open)
      if (!object.key.startsWith(path)) {
        await comparison.end();
        open.delete(path);
        byPath.delete(path);
      }
    const path = folderOf(object.key);
    const folder = byPath.get(path);
    const comparison = open.get(path) ?? (folder && openFolder(folder, examination));
    if (comparison) {
      open.set(path, comparison);
      await comparison.meet(object);
    } else {
      const shown = `s3://${bucket}/${object.key}`;
      findings.add('object-unknown', {
        what: `"${shown}" belongs to no document of any source.`,
        mend: `The knowledge base reads it, too. If nobody needs it there, delete it: "aws s3 rm '${shown}'".`,
      });
    }
  }
  for (const comparison of open.values()) await comparison.end();
  const untouched = [...byPath].filter(([path]) => !open.has(path));
  for (const [, folder] of untouched) await openFolder(folder, examination).end();
}

/** Without the last two parts: `<h2>/<name>`. */
function folderOf(key: string): string {
  return key.replace(/[^/]*\/[^/]*$/, '');
}

/** An upload of a document takes minutes. */
const OLD_UPLOAD_MS = 3_600_000;

async function examineUploads(
  { bucket, prefix }: Place,
  { deps, findings, signal }: Examination,
): Promise<void> {
  for await (const { key, uploadId, beganAt } of deps.objects.listUploads({
    bucket,
    prefix,
    signal,
  })) {
    if (Date.now() - beganAt.getTime() < OLD_UPLOAD_MS) continue;
    findings.add('upload-abandoned', {
      what: `An upload in parts to "s3://${bucket}/${key}" began at ${beganAt.toISOString()} and was never finished; its parts are paid for.`,
      mend: `"aws s3api abort-multipart-upload --bucket ${bucket} --key '${key}' --upload-id ${uploadId}", or a lifecycle rule of the bucket.`,
    });
  }
}
