import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mcp } from '../../../../activities/sources/mcp.ts';
import {
  compareDiscoveries,
  shapeOf,
  type SourceShape,
} from '../../../../workflows/collection/compare-discoveries.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';

const FAKE = fileURLToPath(new URL('../../../fakes/mcp-server.ts', import.meta.url));

const AFTER = { name: 'after', type: 'number or string', nullable: true };

async function look(): Promise<SourceShape> {
  const env = sourceEnv({ settings: { allowedCommands: ['*'] } });
  const transport = { type: 'stdio', command: process.execPath, args: [FAKE, 'paging'] };
  try {
    const shape = await mcp.open({ transport, tools: [{ tool: 'rows' }] }).shape?.(env);
    if (!shape) throw new Error('An MCP source tells its shape.');
    return shapeOf(shape);
  } finally {
    env.remove();
  }
}

test('D11 the shape of an MCP source is its tools, those that are called with their arguments', async () => {
  const shape = await look();
  const [first, , rows] = shape.streams;

  expect(first).toEqual({ name: 'tool delete_all', optional: true });
  expect(rows).toMatchObject({ name: 'tool rows', fields: [AFTER] });
  expect(await look()).toEqual(shape);
});

test('D11 a tool that is called must not go, another one may', async () => {
  const shape = await look();
  const without = (name: string): SourceShape => ({
    streams: shape.streams.filter((stream) => stream.name !== `tool ${name}`),
  });

  expect(compareDiscoveries(shape, without('rows')).broken).toEqual(['"tool rows" is gone']);
  expect(compareDiscoveries(shape, without('fails'))).toEqual({
    noted: ['"tool fails" is gone'],
    broken: [],
  });
});
