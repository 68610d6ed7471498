import type { Discovery, DiscoveredStream } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';
import type { McpConfig } from './config.ts';
import { openMcp } from './open.ts';
import { allOf } from './pages.ts';

/** Resources, templates and tools of the server, each sorted; tools that may change something say so. */
export async function discoverMcp(config: McpConfig, env: SourceEnv): Promise<Discovery> {
  const session = await openMcp(config, env);
  try {
    const streams: DiscoveredStream[] = [];
    if (session.hasResources) {
      const resources = await allOf('resources', (cursor) => session.resources(cursor));
      const templates = await allOf('templates', (cursor) => session.templates(cursor));
      streams.push({ name: 'resources', primaryKey: ['uri'], count: resources.length });
      streams.push(...sorted(resources.map(({ uri }) => `resource ${uri}`)));
      streams.push(...sorted(templates.map(({ uriTemplate }) => `template ${uriTemplate}`)));
    }
    if (session.hasTools) {
      const tools = await allOf('tools', (cursor) => session.tools(cursor));
      streams.push(
        ...sorted(
          tools.map(({ name, annotations }) =>
            annotations?.readOnlyHint === true
              ? `tool ${name}`
              : `tool ${name} (may change something)`,
          ),
        ),
      );
    }
    return { streams };
  } finally {
    await session.close();
  }
}

function sorted(names: readonly string[]): DiscoveredStream[] {
  return names.toSorted().map((name) => ({ name }));
}
