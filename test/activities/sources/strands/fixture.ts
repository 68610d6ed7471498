import { afterAll, beforeAll } from 'vitest';
import type { ReadMessage, SourceDocument } from '../../../../activities/sources/contract.ts';
import {
  memoryModelSteps,
  type MemoryModelSteps,
} from '../../../../activities/sources/conformance/memory-model-steps.ts';
import { strands } from '../../../../activities/sources/strands.ts';
import {
  scriptedModels,
  type Script,
  type ScriptedModels,
  type Seen,
  type Step,
} from '../../../fakes/scripted-model.ts';
import { startSite, type Page, type Site } from '../../../fakes/site.ts';
import {
  sourceEnv,
  type SourceEnvOverrides,
  type TestSourceEnv,
} from '../../../fakes/source-env.ts';

export const FACT = 'The river Aare is 288 kilometres long and ends in the Rhine.';

export const PAGES: Readonly<Record<string, Page>> = {
  '/robots.txt': { status: 404 },
  '/aare': `<html><head><title>Aare</title></head><body><main><h1>Aare</h1><p>${FACT}</p>
    <p>It flows through Bern, Solothurn and Aarau, and its water comes from glaciers in the Alps.</p></main></body></html>`,
  '/reuss': `<html><head><title>Reuss</title></head><body><main><h1>Reuss</h1>
    <p>The river Reuss is 164 kilometres long and flows through Lucerne.</p></main></body></html>`,
};

/** A site for the tests of a file. */
export function withSite(pages: Readonly<Record<string, Page>> = PAGES): () => Site {
  let site: Site;
  beforeAll(async () => {
    site = await startSite(pages);
  });
  afterAll(() => site.close());
  return () => site;
}

export function configOf(site: Site, overrides: Readonly<Record<string, unknown>> = {}) {
  return {
    model: { modelId: 'test.model-v1' },
    instructions: 'You know rivers.',
    questions: [{ id: 'aare', text: 'How long is the Aare?' }],
    tools: { fetch: { hosts: [site.host] } },
    budget: {
      perRun: { tokens: 100_000, toolCalls: 20, wallTime: '1 minute' },
      perMonth: { tokens: 1_000_000 },
    },
    ...overrides,
  };
}

/** Reads one page, then claims. */
export function readsThenClaims(url: string, claims: readonly object[]): Script {
  return (seen: Seen): Step => (seen.results.length === 0 ? { fetch: [url] } : { claims });
}

export function aareClaim(site: Site, more: object = {}): object {
  return {
    text: 'The Aare is 288 km long.',
    source_url: `${site.origin}/aare`,
    quote: 'The river Aare is 288 kilometres long',
    ...more,
  };
}

export interface Asked {
  readonly messages: readonly ReadMessage<unknown>[];
  readonly documents: readonly SourceDocument[];
  readonly models: ScriptedModels;
  readonly steps: MemoryModelSteps;
  readonly env: TestSourceEnv;
}

export interface AskOptions extends SourceEnvOverrides {
  readonly from?: unknown;
  readonly models?: ScriptedModels;
  readonly steps?: MemoryModelSteps;
  readonly onEnv?: (env: TestSourceEnv) => void;
}

/** One whole read with a scripted model. */
export async function ask(
  config: unknown,
  script: Script,
  options: AskOptions = {},
): Promise<Asked> {
  const {
    from = null,
    models = scriptedModels(script),
    steps = memoryModelSteps(),
    onEnv,
    ...overrides
  } = options;
  const env = agentEnv(models, { modelSteps: steps, ...overrides });
  onEnv?.(env);
  try {
    const messages = await Array.fromAsync(strands.open(config).read(from, env));
    const documents = messages.flatMap((one) => (one.kind === 'document' ? [one.document] : []));
    return { messages, documents, models, steps, env };
  } finally {
    env.remove();
  }
}

export function agentEnv(
  models: ScriptedModels,
  overrides: SourceEnvOverrides = {},
): TestSourceEnv {
  return sourceEnv({
    ...overrides,
    settings: { models: new Map([['bedrock', models]]), ...overrides.settings },
  });
}
