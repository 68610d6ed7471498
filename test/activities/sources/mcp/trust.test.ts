import { expect, test } from 'vitest';
import { mcp } from '../../../../activities/sources/mcp.ts';
import { withCollecting } from '../../collection/collecting.ts';
import { withMcp } from './reading.ts';

const newSource = withCollecting();
const { stdio } = withMcp();

test('M10: what a server or a tool says is stored as untrusted, and a second run writes nothing', async () => {
  const config = {
    transport: stdio('paging'),
    resources: {},
    tools: [{ tool: 'rows', itemsPath: 'data.rows', idPath: 'key', contentPath: 'text' }],
  };
  const source = await newSource({ type: 'mcp', config });
  Object.assign(source.deps, {
    sourceTypes: new Map([['mcp', mcp]]),
    settings: { ...source.deps.settings, allowedCommands: ['*'] },
  });

  const first = await source.run();
  const second = await source.run();

  expect(first.counts).toMatchObject({ added: 9, failed: 0 });
  expect(second.counts).toMatchObject({ unchanged: 9, putRequests: 0 });
  const keys = (await source.keys()).filter((key) => !key.endsWith('.metadata.json'));
  const trusts = await Promise.all(
    keys.map(async (key) => (await source.sidecar(key))['trust']?.value['stringValue']),
  );
  expect(trusts).toStrictEqual(keys.map(() => 'untrusted'));
});
