import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  databaseSource,
  editSources,
  httpSource,
  NOTES,
  PEOPLE,
  removeNote,
  scriptSource,
  writeNotes,
  writePeople,
} from './own-definitions.ts';
import { leftBehind, openStory, type Story } from './running-system.ts';
import { ingestedPassages, storedObjects } from './stored.ts';

const WITHIN_MS = 120_000;
/** Longer than a line of a script may be. */
const TOO_LONG = 5_000_000;

describe('sources of a person’s own', () => {
  let story: Story;
  let file: string;
  let site: Server;
  beforeAll(async () => {
    story = await openStory();
    file = join(story.folder, 'wellspring.yaml');
    site = await startSite();
    writeNotes(story.folder, 12);
    await writePeople(story.folder, 40);
  });
  afterAll(async () => {
    site.close();
    await story[Symbol.asyncDispose]();
  });

  test('bad sources fail each by its own name and remedy, and the good ones beside them succeed', async () => {
    const { port } = site.address() as AddressInfo;
    await story.npm(['run', '--silent', 'cli', '--', 'init', file]).endsWith(0, 30_000);
    await editSources(file, `${NOTES}${PEOPLE}${badSources(port)}`);

    const output = await story
      .start(['--once', '--config', file], { WELLSPRING_ALLOWED_HOSTS: `127.0.0.1:${port}` })
      .endsWith(1, WITHIN_MS);

    expect(output).toMatch(/✓ notes .*succeeded: 12 added/u);
    expect(output).toMatch(/✓ people .*succeeded: 40 added/u);
    for (const [source, says] of Object.entries(EXPECTED))
      expect.soft(lastLine(output, source)).toMatch(says);
    expect(await leftBehind(story, 5000)).toEqual([]);
  });

  test('what was removed at its source leaves S3 and the knowledge base; a mass removal is held', async () => {
    await editSources(file, `${NOTES}${PEOPLE}`);
    const before = ingestedPassages(story.state);
    removeNote(story.folder, 7);
    await writePeople(story.folder, 3);

    const output = await story.start(['--once', '--run', '--config', file]).endsWith(4, WITHIN_MS);

    expect(about(before, 'marmot of note 7 sleeps')).toBe(1);
    expect(lastLine(output, 'notes')).toMatch(/✓ .*1 deleted/u);
    expect(lastLine(output, 'people')).toMatch(/! .*held: .*37/u);
    const texts = [...(await storedObjects(story.state)).values()];
    const passages = ingestedPassages(story.state);
    for (const kept of [texts, passages]) {
      expect(about(kept, 'marmot of note 7 sleeps')).toBe(0);
      expect(about(kept, 'marmot of note 8 sleeps')).toBe(1);
      expect(about(kept, 'likes otters')).toBe(40);
    }
  });
});

function badSources(port: number): string {
  return [
    databaseSource('unknown-host', 'postgres://ana:secret-word@no-such-host.invalid/shop', 'a'),
    databaseSource('unreachable', 'postgres://ana:secret-word@127.0.0.1:1/shop', 'articles'),
    databaseSource('no-table', 'sqlite:notes.db', 'notse'),
    scriptSource('no-json', 'console.log("hello")'),
    scriptSource('no-utf8', 'process.stdout.write(Buffer.from([0xff, 0xfe, 0x0a]))'),
    scriptSource(
      'too-long',
      `console.log(JSON.stringify({kind:"document",id:"1",content:"x".repeat(${TOO_LONG})}))`,
    ),
    httpSource('gone', `http://127.0.0.1:${port}/gone`),
    httpSource('login', `http://127.0.0.1:${port}/login`),
  ].join('');
}

const EXPECTED: Readonly<Record<string, RegExp>> = {
  'unknown-host': /✗ .*failed.*no-such-host\.invalid/u,
  unreachable: /✗ .*failed.*127\.0\.0\.1:1/u,
  'no-table': /✗ .*failed.*"notse"/u,
  'no-json': /✗ .*failed/u,
  'no-utf8': /✗ .*failed/u,
  'too-long': /✗ .*failed/u,
  gone: /✗ .*failed.*404/u,
  login: /✗ .*failed.*login/iu,
};

function about(texts: readonly string[], words: string): number {
  return texts.filter((text) => text.includes(words)).length;
}

/** What was last said of a source. */
function lastLine(output: string, source: string): string {
  return output.split('\n').findLast((line) => line.slice(4).startsWith(`${source} `)) ?? '';
}

async function startSite(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/login') response.setHeader('content-type', 'text/html').end(LOGIN);
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not here</h1>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const LOGIN = `<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in</h1>
<form method="post" action="/session"><input name="user"><input name="password" type="password"><button>Log in</button></form></body></html>`;
