import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cancellationSignal, log } from '@temporalio/activity';
import { specDigest } from '../../adapters/definitions/spec-digest.ts';
import { modelSteps } from '../../adapters/postgres/model-steps.ts';
import { liveDocumentIds } from '../../adapters/postgres/repair-runs.ts';
import type { SourceReference } from '../../adapters/postgres/source-state.ts';
import { classify } from '../../workflows/classify.ts';
import type { ExtractedRecord } from '../../workflows/collection/extraction-spec.ts';
import { FAILURES } from '../../workflows/failures.ts';
import { addTallies, NO_TALLY, type RunSummary } from '../../workflows/repair/run-summary.ts';
import { tallyPage } from '../../workflows/repair/tally-page.ts';
import { forgetfulCrawls } from '../collection/crawl-store.ts';
import { openSource, type OpenedSource } from '../collection/open-source.ts';
import { withoutSecrets } from '../collection/without-secrets.ts';
import type { SourceEnv, WitnessedPage } from '../sources/contract.ts';
import type { RepairDependencies } from './dependencies.ts';

export type LiveLook =
  | {
      readonly kind: 'read';
      /** Counted as a run counts; `status` says how the reading ended. */
      readonly summary: RunSummary;
      /** What came out of each page, by its id. */
      readonly pages: readonly LivePage[];
      /** How many pages were asked for. */
      readonly asked: number;
    }
  /** The source did not let itself be read: that says nothing about a spec. */
  | { readonly kind: 'unavailable'; readonly because: string };

export interface LivePage {
  readonly id: string;
  readonly records: readonly ExtractedRecord[];
}

/** Live pages of a shadow run. */
const MAX_LIVE_PAGES = 10;

/**
 * Reads some live pages with a definition, by the code that collects, and keeps nothing: no document, no cursor, no row. Pages of documents
 * that are stored, where the type can ask for them alone; else the first pages that it comes upon.
 */
export async function lookLive(
  definitionDigest: string,
  { tenant, source }: SourceReference,
  deps: RepairDependencies,
): Promise<LiveLook> {
  const opened = await openSource(definitionDigest, deps);
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-shadow-'));
  const stop = new AbortController();
  const seen = new Map<string, WitnessedPage>();
  const env: SourceEnv = {
    signal: AbortSignal.any([cancellationSignal(), stop.signal]),
    log,
    sourceId: `${tenant}/${source}`,
    temporaryDirectory: folder,
    startedAt: new Date(),
    settings: deps.settings,
    // Nothing is known, so every page is read whole.
    known: async () => new Map(),
    crawls: forgetfulCrawls(),
    hosts: deps.hosts,
    modelSteps: modelSteps(deps.db, { tenant, source, run: `shadow/${definitionDigest}` }),
    witness: { page: (page) => void seen.set(page.id, page), unmodified: () => undefined },
  };
  try {
    const asked = await readSome(opened, { tenant, source }, env, seen, deps);
    return judged([...seen.values()], opened, asked);
  } catch (error) {
    cancellationSignal().throwIfAborted();
    return { kind: 'unavailable', because: withoutSecretsText(error, opened) };
  } finally {
    stop.abort();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Answers how many pages were asked for. */
async function readSome(
  { source, definition }: OpenedSource,
  reference: SourceReference,
  env: SourceEnv,
  seen: ReadonlyMap<string, WitnessedPage>,
  deps: RepairDependencies,
): Promise<number> {
  const isList = hasRecords(definition.config['extract']);
  const ids = isList ? [] : await liveDocumentIds(deps.db, reference, MAX_LIVE_PAGES);
  if (source.readAgain && ids.length > 0) {
    for await (const _ of source.readAgain(ids, env)) env.signal.throwIfAborted();
    if (seen.size > 0) return ids.length;
  }
  for await (const _ of source.read(null, env)) {
    env.signal.throwIfAborted();
    if (seen.size >= MAX_LIVE_PAGES) break;
  }
  return Math.max(seen.size, 1);
}

function hasRecords(extract: unknown): boolean {
  return typeof extract === 'object' && extract !== null && Object.hasOwn(extract, 'records');
}

function judged(
  pages: readonly WitnessedPage[],
  { definition }: OpenedSource,
  asked: number,
): LiveLook {
  const down = pages.filter(({ failure }) => failure && !FAILURES[failure.name].repairable);
  // Some pages may be gone; where most did not come, the source is what is wrong.
  if (pages.length === 0 || down.length * 2 > pages.length)
    return {
      kind: 'unavailable',
      because: down[0]?.failure?.detail ?? 'No page of the source could be read.',
    };
  const tally = pages
    .filter((page) => !down.includes(page))
    .map(({ failure, extraction, spec }) =>
      tallyPage({
        ...(failure ? { failure: failure.name } : {}),
        ...(extraction ? { extraction } : {}),
        ...(spec ? { spec } : {}),
      }),
    )
    .reduce(addTallies, NO_TALLY);
  return {
    kind: 'read',
    asked,
    summary: {
      ...tally,
      run: 'shadow',
      status: 'succeeded',
      trigger: 'shadow',
      endedAtMs: Date.now(),
      specDigest: specDigest(definition.id, definition.config['extract']) ?? '',
    },
    pages: pages.map(({ id, extraction }) => ({ id, records: extraction?.records ?? [] })),
  };
}

function withoutSecretsText(error: unknown, { redact }: OpenedSource): string {
  return classify(withoutSecrets(error, redact)).message.slice(0, 300);
}
