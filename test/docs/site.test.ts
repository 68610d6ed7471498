import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { choosePort } from '../../local/ports.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const pages = readdirSync(`${ROOT}docs`).map((name) => name.replace(/\.md$/, ''));
const site = { origin: '', end: async (): Promise<void> => undefined };

beforeAll(async () => {
  const { port } = await choosePort(7258);
  const child = spawn(process.execPath, [`${ROOT}examples/quickstart/site.ts`, `${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  site.origin = `http://127.0.0.1:${port}`;
  site.end = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
});
afterAll(() => site.end());

test('a crawl from the contents reaches every page, and no link is broken', async () => {
  const found = new Map<string, number>();
  const open = ['/docs/'];

  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    const response = await fetch(`${site.origin}${path}`);
    found.set(path, response.status);
    const html = await response.text();
    open.push(...[...html.matchAll(/href="(\/[^"#]*)/g)].map(([, href = '']) => href));
  }

  expect([...found].filter(([, status]) => status !== 200)).toEqual([]);
  expect(pages.filter((name) => !found.has(`/docs/${name}`))).toEqual([]);
});

test.each(pages)('/docs/%s links to other pages where they are served', async (name) => {
  const html = await (await fetch(`${site.origin}/docs/${name}`)).text();

  expect(html).toMatch(/href="\/docs\/[\w-]+"/);
  expect(html).not.toMatch(/href="[^"]*\.md/);
});
