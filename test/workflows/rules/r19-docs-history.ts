import { createRequire } from 'node:module';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect } from 'vitest';
import { normaliseText } from '../../../activities/collection/normalise.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { collectSource, RunOutcome } from '../../../workflows/collection/collect-source.ts';
import type { SourceDefinition, SourceLimits } from '../../../workflows/collection/definitions.ts';
import type { SyncTarget } from '../../../workflows/collection/activities.ts';
import { serveFolder } from '../../fakes/folder-site.ts';
import type { Site } from '../../fakes/site.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { withDatabase } from '../../set-up/postgres.ts';
import { realActivities } from '../../set-up/real-activities.ts';
import { startTestCloud, type TestCloud } from '../../set-up/test-cloud.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';
import { withWorkers } from '../../set-up/workflow-workers.ts';
import { openDocsHistory, type Change, type DocsHistory } from './docs-history.ts';

export type Kind = 'script' | 'web' | 'mcp';

/** The history, read by a source of some type, through real workflows into a real store. */
export interface Replay {
  readonly history: DocsHistory;
  readonly db: Database;
  readonly cloud: TestCloud;
  readonly client: ReturnType<ReturnType<typeof withWorkers>>['client'];
  /** A new source that reads the work tree. */
  readonly source: (kind: Kind, limits?: Partial<SourceLimits>) => Promise<ReplayedSource>;
}

export interface ReplayedSource {
  readonly id: string;
  /** Checks a change out and collects once. */
  at(change: Change): Promise<RunOutcome>;
  /** Collects what is checked out. */
  run(): Promise<RunOutcome>;
  /** Normalised text by path, as S3 holds it. */
  stored(): Promise<ReadonlyMap<string, string>>;
}

/** Registers what the tests of a file share. */
export function withReplay(): () => Replay {
  const url = withDatabase();
  let parts: { db: Database; cloud: TestCloud; history: DocsHistory; site: Site } | undefined;
  const undo = new AsyncDisposableStack();
  let made = 0;
  let runs = 0;
  beforeAll(async () => {
    const folder = undo.use(await temporaryFolder());
    const db = openDatabase(url());
    undo.defer(() => db.destroy());
    await migrate(db);
    const cloud = await startTestCloud();
    undo.defer(() => cloud.stop());
    const history = await openDocsHistory(folder.path);
    const site = await serveFolder(history.tree);
    undo.defer(() => site.close());
    parts = { db, cloud, history, site };
  });
  const workers = withWorkers({
    activities: (temporal) => {
      const { db, cloud, site } = required();
      return realActivities({
        db,
        cloud,
        temporal,
        environment: { WELLSPRING_ALLOWED_HOSTS: site.host },
      });
    },
  });
  afterAll(() => undo.disposeAsync());

  function required() {
    if (!parts) throw new Error('The history is there inside tests only.');
    return parts;
  }

  async function run(source: string): Promise<RunOutcome> {
    return workers().client.workflow.execute<typeof collectSource>('collectSource', {
      // As a schedule names them: each run has an id of its own.
      workflowId: `collect:${source}-${(runs += 1)}`,
      taskQueue: 'orchestration',
      args: [{ v: 1, source, trigger: 'manual' }],
    });
  }

  return () => {
    const { db, cloud, history, site } = required();
    return {
      history,
      db,
      cloud,
      client: workers().client,
      async source(kind, limits = {}) {
        made += 1;
        const id = `${kind}-${made}`;
        const target = await cloud.dataSource(id);
        const definition = definitionOf(id, kind, {
          tree: history.tree,
          site,
          target,
          limits,
          bucket: cloud.bucket,
        });
        await storeRevision(db, { definitions: [definition], author: 'test' });
        return {
          id,
          async at(change) {
            await history.checkOut(change);
            return run(id);
          },
          run: () => run(id),
          stored: () => storedBelow(cloud, `${id}/`, pathOf(kind, { tree: history.tree, site })),
        };
      },
    };
  };
}

/** What must hold after a change: S3 is the tree, and what was written is what changed since `before`. Answers the tree. */
export async function expectReplayed(
  source: ReplayedSource,
  history: DocsHistory,
  change: Change,
  before: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const { status, counts } = await source.at(change);
  const tree = await expected(history);
  expect(await source.stored(), `after change ${change.n}`).toEqual(tree);
  const { added, updated, deleted } = counts;
  expect({ n: change.n, status, added, updated, deleted }).toEqual({
    n: change.n,
    status: 'succeeded',
    added: [...tree.keys()].filter((path) => !before.has(path)).length,
    // Some changes are white space at the ends of lines, which is no change of what is stored.
    updated: [...tree].filter(([path, text]) => before.has(path) && before.get(path) !== text)
      .length,
    deleted: [...before.keys()].filter((path) => !tree.has(path)).length,
  });
  return tree;
}

/** The tree, as it is stored. */
export async function expected(history: DocsHistory): Promise<ReadonlyMap<string, string>> {
  const files = await history.files();
  return new Map([...files].map(([path, text]) => [path, normaliseText(text)]));
}

interface Place {
  readonly tree: string;
  readonly site: Site;
}

function definitionOf(
  id: string,
  kind: Kind,
  {
    tree,
    site,
    target,
    limits,
    bucket,
  }: Place & { target: SyncTarget; limits: Partial<SourceLimits>; bucket: string },
): SourceDefinition {
  const base = sourceDefinition({ id });
  const { knowledgeBaseId, dataSourceId } = target;
  return {
    ...base,
    type: kind === 'web' ? 'http' : kind,
    category: 'docs',
    limits: { ...base.limits, ...limits },
    config: configOf(kind, tree, site),
    knowledgeBase: {
      ...base.knowledgeBase,
      id,
      knowledgeBaseId,
      dataSourceId,
      bucket,
      prefix: id,
      sync: { quietMs: 3_600_000, maxWaitMs: 3_600_000 },
    },
  };
}

function configOf(kind: Kind, tree: string, { origin }: Site): Record<string, unknown> {
  if (kind === 'script')
    return {
      command: [
        process.execPath,
        new URL('../../fakes/folder-script.mjs', import.meta.url).pathname,
        tree,
      ],
    };
  if (kind === 'web') return { urls: [`${origin}/sitemap.xml`], sitemap: 'only', delayMs: 50 };
  return {
    transport: { type: 'stdio', command: process.execPath, args: [filesystemServer(), tree] },
    tools: [
      {
        tool: 'read_text_file',
        args: { path: '{path}' },
        variables: {
          path: {
            tool: 'search_files',
            args: { path: tree, pattern: '**/*.md' },
            itemsPath: 'content',
          },
        },
        contentType: 'text/markdown',
      },
    ],
  };
}

function filesystemServer(): string {
  return createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-filesystem/dist/index.js',
  );
}

/** The path in the tree that a source's own id stands for. */
function pathOf(kind: Kind, { tree, site }: Place): (id: string) => string {
  if (kind === 'script') return (id) => id;
  if (kind === 'web') return (id) => decodeURIComponent(id.slice(site.origin.length + 1));
  return (id) => (JSON.parse(id) as readonly string[])[1]?.slice(tree.length + 1) ?? id;
}

async function storedBelow(
  { clients: { s3 }, bucket }: TestCloud,
  prefix: string,
  path: (id: string) => string,
): Promise<ReadonlyMap<string, string>> {
  const text = async (Key: string): Promise<string> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return (await Body?.transformToString()) ?? '';
  };
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: prefix },
  ))
    keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
  const found = await Promise.all(
    keys
      .filter((key) => !key.endsWith('.metadata.json'))
      .map(async (key) => {
        const sidecar = JSON.parse(await text(`${key}.metadata.json`)) as {
          readonly metadataAttributes: {
            readonly doc_id: { readonly value: { readonly stringValue: string } };
          };
        };
        return [
          path(sidecar.metadataAttributes.doc_id.value.stringValue),
          await text(key),
        ] as const;
      }),
  );
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
