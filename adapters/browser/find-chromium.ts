import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../workflows/failures.ts';

export interface ChromiumPlaces {
  /** Given by the operator; used as it is when it is set. */
  readonly chromiumPath: string | undefined;
  /** The folders of PATH. */
  readonly searchPath: readonly string[];
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/**
 * The file of a Chromium that is there now; asked again at each launch, so that one that was installed meanwhile is found.
 * @throws InvalidConfig - there is none: the sentence says what to do.
 */
export async function findChromium({ chromiumPath, searchPath }: ChromiumPlaces): Promise<string> {
  const { chromium } = await import('playwright-core');
  const found = searchPath.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const candidates = chromiumPath ? [chromiumPath] : [chromium.executablePath(), ...found];
  for (const path of candidates) {
    if (await isExecutable(path)) return path;
  }
  const tried = chromiumPath
    ? `CHROMIUM_PATH is "${chromiumPath}", which cannot be run`
    : "neither Playwright's own nor one on the PATH";
  throw failure(
    'InvalidConfig',
    `No Chromium was found on this worker: ${tried}. Install Chromium, or set CHROMIUM_PATH to its file.`,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
