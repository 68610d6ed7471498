import { expect, test } from 'vitest';
import { mcp } from '../../../../activities/sources/mcp.ts';
import { withMcp, type Config } from './reading.ts';

const { env, stdio } = withMcp();

async function again(config: Config, ...ids: readonly string[]) {
  const messages = await Array.fromAsync(mcp.open(config).readAgain?.(ids, env()) ?? []);
  return messages.map((one) => [one.kind, one.kind === 'document' ? one.document.id : one.id]);
}

test('resources are read again alone, from whichever page of the list', async () => {
  const messages = await again(
    { transport: stdio('paging') },
    'fake://docs/6.md',
    'fake://docs/1.md',
    'fake://docs/unknown.md',
  );

  expect(messages).toStrictEqual([
    ['document', 'fake://docs/1.md'],
    ['document', 'fake://docs/6.md'],
  ]);
});

test('what the globs no longer choose is passed over', async () => {
  const resources = { include: ['fake://docs/1.md'] };

  expect(
    await again({ transport: stdio('paging'), resources }, 'fake://docs/1.md', 'fake://docs/2.md'),
  ).toStrictEqual([['document', 'fake://docs/1.md']]);
});

test('a document that is read again is the one that a whole read gives', async () => {
  const config = { transport: stdio('paging') };
  const all = await Array.fromAsync(mcp.open(config).read(null, env()));
  const [alone] = await Array.fromAsync(
    mcp.open(config).readAgain?.(['fake://docs/3.md'], env()) ?? [],
  );

  expect(all).toContainEqual(alone);
});
