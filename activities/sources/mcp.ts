import { z } from 'zod';
import { failure } from '../../workflows/failures.ts';
import { defineSource } from './define-source.ts';
import { checkMcp } from './mcp/check.ts';
import { McpConfig, type TemplateConfig } from './mcp/config.ts';
import { discoverMcp } from './mcp/discover.ts';
import { readMcp, readMcpAgain } from './mcp/read.ts';
import { mcpShape } from './mcp/source-shape.ts';
import { templateNames } from './mcp/uri-template.ts';

/** What an MCP server offers: listed resources, resources by template, and answers of read-only tools. */
export const mcp = defineSource(
  { config: McpConfig, cursor: z.null() },
  {
    spec: {
      name: 'mcp',
      version: '1.0.0',
      summary: 'Reads resources and read-only tools of a Model Context Protocol server.',
      queue: 'collect',
      trust: 'untrusted',
    },
    validate: ({ templates }) => templates?.forEach(requireVariables),
    check: checkMcp,
    discover: discoverMcp,
    shape: mcpShape,
    read: (config, _from, env) => readMcp(config, env),
    readAgain: readMcpAgain,
  },
);

function requireVariables({ uriTemplate, variables }: TemplateConfig): void {
  const names = templateNames(uriTemplate);
  const missing = names.filter((name) => !Object.hasOwn(variables, name));
  const unused = Object.keys(variables).filter((name) => !names.includes(name));
  if (missing.length === 0 && unused.length === 0) return;
  const findings = [
    ...missing.map((name) => `"${name}" has no values`),
    ...unused.map((name) => `"${name}" does not stand in it`),
  ];
  throw failure(
    'InvalidConfig',
    `The URI template "${uriTemplate}" and its variables do not fit: ${findings.join(', ')}.`,
  );
}
