import type {
  CollectionActivities,
  EnabledSource,
  FinishRunInput,
  SliceReport,
} from '../../workflows/collection/activities.ts';
import { NO_COUNTS, type RunCounts } from '../../workflows/collection/counts.ts';

/** The activities of a run, scripted source by source, so that tests share workers without sharing behaviour. */
export interface CollectionFakes {
  readonly activities: CollectionActivities;
  /** What is not given succeeds: one slice, nothing changed. Returns what was called. */
  script(source: string, behaviour?: Partial<CollectionActivities>): CollectionCalls;
}

/** Every call for one source, in order, with its input. */
export interface CollectionCalls {
  readonly names: readonly string[];
  inputs<Name extends keyof CollectionActivities>(
    name: Name,
  ): readonly Parameters<CollectionActivities[Name]>[0][];
  /** How the run's row was ended; a second end is a mistake of the workflow's unless the first one was lost. */
  readonly ends: readonly FinishRunInput[];
}

interface Call {
  readonly name: keyof CollectionActivities;
  readonly input: unknown;
}

export function collectionFakes(): CollectionFakes {
  const scripts = new Map<string, { behaviour: Partial<CollectionActivities>; calls: Call[] }>();

  function act<Name extends keyof CollectionActivities>(name: Name): CollectionActivities[Name] {
    const run = async (input: { readonly source: string }): Promise<unknown> => {
      const script = scripts.get(input.source);
      if (!script) throw new Error(`No test scripts source "${input.source}".`);
      script.calls.push({ name, input });
      const chosen = (script.behaviour[name] ?? SUCCEEDING[name]) as (
        given: unknown,
      ) => Promise<unknown>;
      return chosen(input);
    };
    return run as CollectionActivities[Name];
  }

  return {
    activities: {
      loadSource: act('loadSource'),
      collectDocuments: act('collectDocuments'),
      reconcileDocuments: act('reconcileDocuments'),
      requestKnowledgeBaseSync: act('requestKnowledgeBaseSync'),
      finishRun: act('finishRun'),
    },
    script(source, behaviour = {}) {
      const calls: Call[] = [];
      scripts.set(source, { behaviour, calls });
      return callsOf(calls);
    },
  };
}

/** What `loadSource` answers for a healthy source; give what the test is about. */
export function enabledSource(overrides: Partial<EnabledSource> = {}): EnabledSource {
  return {
    enabled: true,
    title: 'Articles',
    type: 'database',
    digest: 'd'.repeat(64),
    taskQueue: 'collect',
    knowledgeBase: {
      id: 'main',
      knowledgeBaseId: 'KB00000001',
      dataSourceId: 'DS00000001',
      quietMs: 1000,
      maxWaitMs: 10_000,
    },
    bounds: { attemptMs: 30_000, heartbeatMs: 10_000, totalMs: 60_000, maxSlices: 500 },
    ...overrides,
  };
}

/** A slice that read to the end of a complete listing. */
export function slice(
  counts: Partial<RunCounts> = {},
  overrides: Partial<SliceReport> = {},
): SliceReport {
  return {
    counts: { ...NO_COUNTS, ...counts },
    more: false,
    listing: { complete: true },
    candidates: 0,
    staleObjects: 0,
    openQuestions: 0,
    marked: false,
    ...overrides,
  };
}

const SUCCEEDING: CollectionActivities = {
  loadSource: () => Promise.resolve(enabledSource()),
  collectDocuments: () => Promise.resolve(slice({ unchanged: 3 })),
  reconcileDocuments: () => Promise.resolve({ counts: NO_COUNTS }),
  requestKnowledgeBaseSync: () => Promise.resolve(),
  finishRun: () => Promise.resolve(),
};

function callsOf(calls: readonly Call[]): CollectionCalls {
  const inputs: CollectionCalls['inputs'] = (name) =>
    calls.flatMap((call) => (call.name === name ? [call.input as never] : []));
  return {
    get names() {
      return calls.map(({ name }) => name);
    },
    inputs,
    get ends() {
      return inputs('finishRun');
    },
  };
}
