import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../../local/tools/chromium.ts';
import { toolForTest } from '../set-up/tools.ts';
import { leftBehind, openStory, type Story } from './running-system.ts';
import { ingestionJobs, storedObjects, writePrint } from './stored.ts';

const chromium = await toolForTest(findChromium);
/** The quickstart may need minutes where tools are downloaded first; `npm test` has them already. */
const WITHIN_MS = 160_000;

describe.skipIf(chromium === undefined)('the quickstart, as a newcomer types it', () => {
  let story: Story;
  const env = { CHROMIUM_PATH: chromium };
  beforeAll(async () => {
    story = await openStory();
  });
  afterAll(() => story[Symbol.asyncDispose]());

  test('npm start -- --once collects five real sources, ends with 0 and leaves no process', async () => {
    const output = await story.start(['--once'], env).endsWith(0, WITHIN_MS);

    for (const source of ['licences', 'handbook', 'glossary', 'mcp-reference', 'packages'])
      expect(output).toMatch(new RegExp(`✓ ${source} .*succeeded: \\d+ added`, 'u'));
    expect(output).toMatch(/documents of 5 sources are in S3 and in the knowledge base\./u);
    expect(await leftBehind(story, 5000)).toEqual([]);
    const keys = [...(await storedObjects(story.state)).keys()];
    const contents = keys.filter((key) => key.endsWith('.md'));
    expect(contents.length).toBeGreaterThan(700);
    expect(keys.toSorted()).toEqual(
      contents.flatMap((key) => [key, `${key}.metadata.json`]).toSorted(),
    );
  });

  test('a second round over unchanged sources writes no object and starts no ingestion', async () => {
    const before = { print: writePrint(story.state), jobs: ingestionJobs(story.state) };

    const output = await story.start(['--once', '--run'], env).endsWith(0, WITHIN_MS);

    expect(output).toMatch(/✓ licences .*succeeded: \d+ unchanged \(/u);
    expect(output).not.toMatch(/succeeded:.*(added|updated|deleted)/u);
    expect({ print: writePrint(story.state), jobs: ingestionJobs(story.state) }).toEqual(before);
  });

  test('started again it collects nothing that is not due, answers questions, and ends at Ctrl-C', async () => {
    const running = story.start([], env);
    await running.says(/Nothing is due/u, WITHIN_MS);
    await running.says(/Ctrl-C stops everything\.\n/u, WITHIN_MS);
    story.processes();

    const question = 'which licences demand the source when the program is used over a network?';
    const asked = await story
      .npm(['run', '--silent', 'cli', '--', 'ask', '--json', '--state', story.state, question])
      .endsWith(0, 30_000);
    const since = performance.now();
    running.interrupt();
    const { output } = await running.ended(10_000);
    const leftovers = await leftBehind(story, 10_000 - (performance.now() - since));

    expect(asked).toMatch(/"title": "GNU Affero General Public License/u);
    expect(output).toMatch(/Stopped\. Start it again/u);
    expect(leftovers).toEqual([]);
  });
});
