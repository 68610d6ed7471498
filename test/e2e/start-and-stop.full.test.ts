import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLocalConfig } from '../../local/config.ts';
import { editSources, NOTES, writeNotes } from './own-definitions.ts';
import { leftBehind, openStory, type Story } from './running-system.ts';

const WITHIN_MS = 120_000;

let story: Story;
let file: string;
beforeEach(async () => {
  story = await openStory();
  file = join(story.folder, 'wellspring.yaml');
  await story.npm(['run', '--silent', 'cli', '--', 'init', file]).endsWith(0, 30_000);
});
afterEach(() => story[Symbol.asyncDispose]());

test('a browser source without Chromium fails alone and says what to install', async () => {
  writeNotes(story.folder, 3);
  await editSources(file, `${NOTES}${BROWSER}`);
  const hidden = {
    CHROMIUM_PATH: undefined,
    PATH: await pathWithoutChromium(story.folder),
    PLAYWRIGHT_BROWSERS_PATH: join(story.folder, 'no-browsers'),
    PLAYWRIGHT_DOWNLOAD_HOST: 'http://127.0.0.1:1',
  };

  const output = await story.start(['--once', '--config', file], hidden).endsWith(1, WITHIN_MS);

  expect(output).toMatch(/✓ notes .*succeeded: 3 added/u);
  expect(output).toMatch(/✗ page .*failed: .*No Chromium was found.*Install Chromium/u);
});

test.each([
  ['Ctrl-C', 300],
  ['Ctrl-C', 1500],
  ['Ctrl-C', 4000],
])('%s %i ms into the start ends all that has come up', async (_, afterMs) => {
  await editSources(file, NOTES);
  const running = story.start(['--config', file]);
  await running.says(/Wellspring starts/u, 20_000);
  await sleep(afterMs);
  story.processes();

  running.interrupt();
  const { code, signal } = await running.ended(15_000);

  expect([code, signal]).not.toEqual([0, null]);
  expect(await leftBehind(story, 10_000)).toEqual([]);
});

const BROWSER = `
  - id: page
    type: browser
    category: pages
    config: { urls: ["http://127.0.0.1:9/"] }
`;

/** A folder of links to all programs of the PATH but browsers and what installs one. */
async function pathWithoutChromium(folder: string): Promise<string> {
  const links = join(folder, 'bin');
  await mkdir(links);
  for (const from of readLocalConfig().searchPath.toReversed()) {
    const names = await readdir(from).catch(() => []);
    for (const name of names.filter((one) => !/^(chrom|google-chrome|apt)/u.test(one))) {
      await rm(join(links, name), { force: true });
      await symlink(join(from, name), join(links, name));
    }
  }
  return links;
}
