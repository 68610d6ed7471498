import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { editSources, NOTES, writeNotes } from './own-definitions.ts';
import { leftBehind, openStory, type Story } from './running-system.ts';

const WITHIN_MS = 120_000;

let story: Story;
let file: string;
beforeEach(async () => {
  story = await openStory();
  file = join(story.folder, 'wellspring.yaml');
});
afterEach(() => story[Symbol.asyncDispose]());

test('definitions with errors stop the start at once, each with its file, line and remedy', async () => {
  await define(`${NOTES}${NOTES}${MISTAKES}`);

  const output = await story.start(['--config', file]).endsWith(1, 20_000);

  expect(output).toMatch(/"notes".*wellspring\.yaml line \d+/u);
  expect(output).toMatch(/Unknown source type "databse".*wellspring\.yaml line \d+.*"database"/u);
  expect(output).toMatch(
    /"every tuesday".*wellspring\.yaml line \d+|wellspring\.yaml line \d+.*"every tuesday"/u,
  );
  expect(output).not.toMatch(/Temporal +embedded/u);
});

test.each([
  [['--onec'], /--onec.*--help/u, 2],
  [['--real', 'redis'], /"redis".*temporal, aws, database/u, 2],
  [['--real', 'temporal,database'], /TEMPORAL_ADDRESS.*WELLSPRING_DATABASE_URL/u, 1],
  [['--config', 'no-such.yaml'], /no-such\.yaml/u, 1],
] as const)(
  'npm start -- %j says what is wrong before anything starts',
  async (args, says, code) => {
    const none = { TEMPORAL_ADDRESS: undefined, WELLSPRING_DATABASE_URL: undefined };

    const output = await story.start(args, none).endsWith(code, 20_000);

    expect(output).toMatch(says);
    expect(output).not.toMatch(/^ +at /mu);
  },
);

test('nothing of the shell reaches embedded parts; a taken port is named; a second start on the same state is refused', async () => {
  writeNotes(story.folder, 3);
  await define(NOTES);
  const taken = await takePortOf(story, 'S3');
  const running = story.start(['--config', file], POISON);
  await running.says(/Ctrl-C stops everything\.\n/u, WITHIN_MS);
  story.processes();

  const second = await story.start(['--config', file]).endsWith(1, 20_000);
  running.interrupt('SIGTERM');
  // npm itself ends by the signal that it passes on.
  const { output } = await running.ended(15_000);
  taken.close();

  expect(output).toMatch(/✓ notes .*succeeded: 3 added/u);
  expect(output).toMatch(/Stopped\. Start it again/u);
  expect(output).toMatch(/and in the knowledge base\./u);
  expect(output).toMatch(/Port \d+ is taken by another program: S3 listens on \d+ instead/u);
  expect(second).toMatch(/A system runs already on ".*state"/u);
  expect(await leftBehind(story, 5000)).toEqual([]);
});

async function define(sources: string): Promise<void> {
  await story.npm(['run', '--silent', 'cli', '--', 'init', file]).endsWith(0, 30_000);
  await editSources(file, sources);
}

const MISTAKES = `
  - id: shop
    type: databse
    category: shop
    config: {}
  - id: news
    type: http
    schedule: every tuesday
    category: news
    config: { urls: ["https://news.example.com/"] }
`;

/** What a laptop may have set for other reasons. Whoever used one of them would fail, or reach the wrong place. */
const POISON = {
  AWS_PROFILE: 'no-such-profile',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_SESSION_TOKEN: 'poison',
  AWS_REGION: 'eu-poison-1',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  TEMPORAL_NAMESPACE: 'poison',
  TEMPORAL_PROFILE: 'poison',
  TEMPORAL_API_KEY: 'poison',
  TEMPORAL_TLS: 'true',
  WELLSPRING_DATABASE_URL: 'postgres://poison@127.0.0.1:1/poison',
  SOURCE_AGENTS_S3_BUCKET: 'poison',
  KNOWLEDGE_BASE_ID: 'POISON0001',
  PGHOST: '127.0.0.2',
  PGSSLMODE: 'require',
  HTTP_PROXY: 'http://127.0.0.1:1',
  http_proxy: 'http://127.0.0.1:1',
  https_proxy: 'http://127.0.0.1:1',
  NODE_USE_ENV_PROXY: '1',
  LC_ALL: 'xx_XX.nonsense',
};

async function takePortOf({ state }: Story, name: string) {
  const ports = JSON.parse(await readFile(join(state, 'ports.json'), 'utf8')) as Record<
    string,
    number
  >;
  const server = createServer().listen(ports[name], '127.0.0.1');
  await once(server, 'listening');
  return server;
}
