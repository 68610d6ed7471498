import type {
  ShapedStream,
  SourceShape,
} from '../../../workflows/collection/compare-discoveries.ts';
import type { McpTool } from '../../../adapters/mcp/session.ts';
import type { SourceEnv } from '../contract.ts';
import type { McpConfig } from './config.ts';
import { openMcp } from './open.ts';
import { allOf } from './pages.ts';

/** The tools of the server with their arguments; those that the definition does not call may go. Resources are documents, no shape. */
export async function mcpShape(config: McpConfig, env: SourceEnv): Promise<SourceShape> {
  const session = await openMcp(config, env);
  try {
    const tools = session.hasTools ? await allOf('tools', (cursor) => session.tools(cursor)) : [];
    const called = calledTools(config);
    return { streams: tools.map((tool) => streamOfTool(tool, called.has(tool.name))) };
  } finally {
    await session.close();
  }
}

function streamOfTool({ name, inputSchema }: McpTool, isCalled: boolean): ShapedStream {
  const { properties = {}, required = [] } = inputSchema ?? {};
  const fields = Object.entries(properties).map(([field, schema]) => ({
    name: field,
    type: typeOf(schema),
    nullable: !required.includes(field),
  }));
  return { name: `tool ${name}`, ...(isCalled ? { fields } : { optional: true }) };
}

/** The type of an argument; a schema without one takes anything. */
function typeOf(schema: unknown): string {
  const { type } = (schema ?? {}) as { readonly type?: unknown };
  if (typeof type === 'string') return type;
  return Array.isArray(type) ? type.map(String).toSorted().join(' or ') : 'any';
}

function calledTools({ tools = [], templates = [] }: McpConfig): ReadonlySet<string> {
  const variables = [...tools, ...templates].flatMap((one) => Object.values(one.variables ?? {}));
  return new Set([
    ...tools.map(({ tool }) => tool),
    ...variables.flatMap((one) => ('tool' in one ? [one.tool] : [])),
  ]);
}
