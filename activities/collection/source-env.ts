import { log } from '@temporalio/activity';
import { readManifest } from '../../adapters/postgres/manifest.ts';
import { modelSteps } from '../../adapters/postgres/model-steps.ts';
import type { CollectDocumentsInput } from '../../workflows/collection/activities.ts';
import type { KnownDocument, SourceEnv } from '../sources/contract.ts';
import type { StagedCrawls } from './crawl-store.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { documentHash } from './identity.ts';
import type { OpenedSource } from './open-source.ts';
import type { StagedWitness } from './stage-evidence.ts';

/** What one slice gives the source type to read with. */
export function sourceEnv({
  input,
  opened,
  crawls,
  witness,
  temporaryDirectory,
  signal,
  deps,
}: EnvParts): SourceEnv {
  const { tenant, source } = input;
  return {
    signal,
    log,
    sourceId: `${tenant}/${source}`,
    temporaryDirectory,
    startedAt: new Date(input.startedAtMs),
    settings: deps.settings,
    crawls,
    witness,
    hosts: deps.hosts,
    modelSteps: modelSteps(deps.db, { tenant, source, run: input.runId }),
    async known(ids) {
      const hashes = new Map(ids.map((id) => [documentHash(id), id]));
      const rows = await readManifest(deps.db, { tenant, source }, [...hashes.keys()]);
      // Extracted with another configuration, it must be read again, whatever its validators say.
      const usable = [...rows.values()].filter(
        (row) => row.state === 'live' && row.configSig === opened.configSig,
      );
      return new Map(usable.map((row) => [hashes.get(row.hash) ?? '', known(row)]));
    },
  };
}

interface EnvParts {
  readonly input: CollectDocumentsInput;
  readonly opened: OpenedSource;
  readonly crawls: StagedCrawls;
  readonly witness: StagedWitness;
  readonly temporaryDirectory: string;
  readonly signal: AbortSignal;
  readonly deps: CollectionDependencies;
}

/** One that failed stays known, so that a source which may not read it reports it again instead of dropping it. */
function known(row: {
  failCount: number;
  etag: string | null;
  lastModified: string | null;
  modifiedAt: Date | null;
  lastChanged: Date | null;
}): KnownDocument {
  if (row.failCount > 0) return { failed: true };
  return {
    ...(row.etag ? { etag: row.etag } : {}),
    ...(row.lastModified ? { lastModified: row.lastModified } : {}),
    ...(row.modifiedAt ? { modifiedAt: row.modifiedAt.toISOString() } : {}),
    ...(row.lastChanged ? { lastChanged: row.lastChanged.toISOString() } : {}),
  };
}
