import picomatch from 'picomatch';
import type { McpResource, McpSession } from '../../../adapters/mcp/session.ts';
import type { ReadMessage, SourceEnv } from '../contract.ts';
import type { McpConfig } from './config.ts';
import type { ResourceFacts } from './contents.ts';
import { pagesOf, type Gaps } from './pages.ts';
import type { ResourceReader } from './resource-reader.ts';

type Message = ReadMessage<never>;

/** Reads every listed resource that the globs choose. One whose `lastModified` is the known one is only seen. */
export async function* readResources(
  session: McpSession,
  reader: ResourceReader,
  config: McpConfig,
  env: SourceEnv,
): AsyncGenerator<Message, Gaps> {
  const isChosen = chooser(config);
  const pages = pagesOf('resources', (cursor) => session.resources(cursor));
  let unusable = 0;
  for (;;) {
    const step = await pages.next();
    if (step.done === true) return unusable === 0 ? step.value : [...step.value, UNUSABLE];
    const chosen = step.value.filter(({ uri }) => isChosen(uri));
    for await (const message of readPage(chosen, reader, env)) {
      if (message.kind === 'failed' && message.id === undefined) unusable += 1;
      yield message;
    }
  }
}

const UNUSABLE = 'resources with unusable URIs were left out';

async function* readPage(
  resources: readonly McpResource[],
  reader: ResourceReader,
  env: SourceEnv,
): AsyncGenerator<Message> {
  const dated = resources.filter((one) => modifiedAt(one) !== undefined).map(({ uri }) => uri);
  const known = await env.known(dated);
  for (const resource of resources) {
    if (!reader.isNew(resource.uri)) continue;
    const facts = factsOf(resource);
    if (isSameTime(facts.modifiedAt, known.get(resource.uri)?.modifiedAt)) {
      yield { kind: 'seen', id: resource.uri };
    } else yield* await reader.read(resource.uri, facts);
  }
}

/** Whether the globs choose a URI. `*` stays within one part of its path, `**` crosses slashes. */
export function chooser({ resources }: McpConfig): (uri: string) => boolean {
  const includes = (resources?.include ?? ['**']).map(matcher);
  const excludes = (resources?.exclude ?? []).map(matcher);
  return (uri) => includes.some((one) => one(uri)) && !excludes.some((one) => one(uri));
}

/** One glob over URIs; names that begin with a dot match as any other. */
export function matcher(glob: string): (uri: string) => boolean {
  const matches = picomatch(glob, { dot: true });
  return (uri) => matches(uri);
}

function factsOf(resource: McpResource): ResourceFacts {
  const { title, name, mimeType } = resource;
  return { title: title ?? name, mimeType, modifiedAt: modifiedAt(resource) };
}

function modifiedAt({ annotations }: McpResource): string | undefined {
  const time = Date.parse(annotations?.lastModified ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function isSameTime(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && Date.parse(a) === Date.parse(b);
}
