import { ApplicationFailure } from '@temporalio/common';
import type { McpSession } from '../../../adapters/mcp/session.ts';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import { FAILURES, isFailureName } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import { wantsResources, type McpConfig, type TemplateConfig, type ToolConfig } from './config.ts';
import { openMcp } from './open.ts';
import { allOf } from './pages.ts';
import { requireResources } from './read.ts';
import { chooser, matcher } from './resources.ts';
import { openToolBox, type ToolBox } from './tool-box.ts';
import { expandTemplate } from './uri-template.ts';
import { combinations } from './variables.ts';

/** Connects, lists, and counts what each pattern, template and tool of the definition would read. Collecting tools are not called. */
export async function checkMcp(config: McpConfig, env: SourceEnv): Promise<CheckResult[]> {
  let session: McpSession;
  try {
    session = await openMcp(config, env);
  } catch (error) {
    return [verdictOf('connect', error)];
  }
  try {
    const { name, version } = session.server;
    return [
      pass('connect', `Connected to "${name}" ${version}.`),
      ...(await parts(session, config)),
    ];
  } finally {
    await session.close();
  }
}

async function parts(session: McpSession, config: McpConfig): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  let tools: ToolBox;
  try {
    tools = await openToolBox(session, config);
    requireResources(session, config, tools);
    results.push(pass('capabilities', offers(session, tools)));
  } catch (error) {
    return [verdictOf('capabilities', error)];
  }
  if (wantsResources(config)) results.push(...(await tried('list', () => counts(session, config))));
  for (const one of config.templates ?? []) {
    results.push(
      ...(await tried(`template ${one.uriTemplate}`, () => template(session, one, tools))),
    );
  }
  for (const one of config.tools ?? []) {
    results.push(...(await tried(`tool ${one.tool}`, () => tool(one, tools))));
  }
  return results;
}

function offers(session: McpSession, { tools }: ToolBox): string {
  return `The server has ${session.hasResources ? '' : 'no '}resources and ${tools.length} tools.`;
}

async function counts(session: McpSession, config: McpConfig): Promise<CheckResult[]> {
  const resources = await allOf('resources', (cursor) => session.resources(cursor));
  const uris = resources.map(({ uri }) => uri);
  const patterns = (config.resources?.include ?? []).map((glob) =>
    counted(`pattern ${glob}`, uris.filter(matcher(glob)).length, uris.length),
  );
  return [...patterns, counted('list', uris.filter(chooser(config)).length, uris.length)];
}

function counted(capability: string, count: number, of: number): CheckResult {
  if (count > 0) return pass(capability, `${count} of ${of} resources are chosen.`);
  const detail = `No resource is chosen by "${capability}"; the server lists ${of}.`;
  return {
    capability,
    verdict: 'FAIL',
    detail,
    remedy: 'Mend the glob: "*" stays within one part of a path, "**" crosses slashes.',
  };
}

async function template(
  session: McpSession,
  { uriTemplate, variables }: TemplateConfig,
  tools: ToolBox,
): Promise<CheckResult[]> {
  const capability = `template ${uriTemplate}`;
  const uris = [...(await combinations(variables, tools))].map((one) =>
    expandTemplate(uriTemplate, one),
  );
  const [first] = uris;
  if (first === undefined) return [noValues(capability)];
  const answer = await session.readResource(first);
  if (answer.kind === 'contents')
    return [pass(capability, `It makes ${uris.length} URIs; the first one was read.`)];
  return [
    {
      capability,
      verdict: answer.kind === 'refused' && answer.timedOut ? 'INDETERMINATE' : 'FAIL',
      detail: `The first URI, "${first.slice(0, 200)}", could not be read: ${answer.why}.`,
      remedy: 'Mend the template or the values of its variables.',
    },
  ];
}

async function tool({ tool: name, variables }: ToolConfig, tools: ToolBox): Promise<CheckResult[]> {
  const capability = `tool ${name}`;
  tools.require(name);
  const count = [...(await combinations(variables ?? {}, tools))].length;
  return [
    count === 0
      ? noValues(capability)
      : pass(capability, `It may be called; ${count} calls are needed.`),
  ];
}

function noValues(capability: string): CheckResult {
  return {
    capability,
    verdict: 'FAIL',
    detail: `No values were found for the variables of "${capability}".`,
    remedy: 'Look at "variables": a tool or path gives nothing.',
  };
}

async function tried(
  capability: string,
  attempt: () => Promise<CheckResult[]>,
): Promise<CheckResult[]> {
  try {
    return await attempt();
  } catch (error) {
    return [verdictOf(capability, error)];
  }
}

function pass(capability: string, detail: string): CheckResult {
  return { capability, verdict: 'PASS', detail };
}

function verdictOf(capability: string, error: unknown): CheckResult {
  if (!(error instanceof ApplicationFailure) || !isFailureName(error.type)) throw error;
  const { retried, remedy } = FAILURES[error.type];
  return { capability, verdict: retried ? 'INDETERMINATE' : 'FAIL', detail: error.message, remedy };
}
