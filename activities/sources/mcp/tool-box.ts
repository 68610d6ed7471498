import type { McpSession, McpTool } from '../../../adapters/mcp/session.ts';
import type { ToolAnswer } from '../../../adapters/mcp/tool-answer.ts';
import { failure } from '../../../workflows/failures.ts';
import type { McpConfig } from './config.ts';
import { allOf, namesOf } from './pages.ts';

/** The tools of a server that may be called: those that it calls read-only, and those that the definition allows by name. */
export interface ToolBox {
  readonly tools: readonly McpTool[];
  /** @throws InvalidConfig - no such tool. @throws PolicyDenied - it may change something and is not allowed. */
  require(name: string): void;
  call(name: string, args: Readonly<Record<string, unknown>>): Promise<ToolAnswer>;
}

export async function openToolBox(session: McpSession, config: McpConfig): Promise<ToolBox> {
  const tools = session.hasTools ? await allOf('tools', (cursor) => session.tools(cursor)) : [];
  const require = (name: string): void => {
    const tool = tools.find((one) => one.name === name);
    if (tool === undefined) throw unknownTool(name, tools);
    const isAllowed = config.allowTools?.includes(name) ?? false;
    if (!isAllowed && tool.annotations?.readOnlyHint !== true) throw mayWrite(name);
  };
  return {
    tools,
    require,
    call: (name, args) => {
      require(name);
      return session.callTool(name, args);
    },
  };
}

function unknownTool(name: string, tools: readonly McpTool[]): Error {
  return failure(
    'InvalidConfig',
    `The MCP server has no tool "${name}". Its tools: ${namesOf(tools)}.`,
  );
}

function mayWrite(name: string): Error {
  return failure(
    'PolicyDenied',
    `The tool "${name}" is not called read-only by its server and may change something. If it is harmless, add it to "allowTools".`,
  );
}
