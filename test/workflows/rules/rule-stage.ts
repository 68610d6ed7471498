import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { Database } from '../../../adapters/postgres/database.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { collectSource, RunOutcome } from '../../../workflows/collection/collect-source.ts';
import type { SourceDefinition, SourceLimits } from '../../../workflows/collection/definitions.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { hostsAtOnce } from '../../set-up/hosts-at-once.ts';
import { realActivities } from '../../set-up/real-activities.ts';
import { withStores } from '../../set-up/stores.ts';
import type { TestCloud } from '../../set-up/test-cloud.ts';
import { withWorkers } from '../../set-up/workflow-workers.ts';

/** Real workflows and activities, a real Temporal, PostgreSQL and store; sources of any type come and go. */
export interface RuleStage {
  readonly db: Database;
  readonly cloud: TestCloud;
  readonly client: ReturnType<ReturnType<typeof withWorkers>>['client'];
  /** Puts a new source in force, with a data source of its own. Its id begins with `name`. */
  readonly apply: (name: string, parts: SourceParts) => Promise<StagedSource>;
}

export interface SourceParts {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<SourceLimits>;
  readonly definition?: Partial<SourceDefinition>;
  /** When the knowledge base is synced after a change. Default: not within any test. */
  readonly sync?: { readonly quietMs: number; readonly maxWaitMs: number };
}

export interface StagedSource {
  readonly id: string;
  readonly definition: SourceDefinition;
  /** One whole run, as a schedule starts it. Throws what the workflow fails with. */
  run(): Promise<RunOutcome>;
  /** Content by document id, as S3 holds it. */
  stored(): Promise<ReadonlyMap<string, string>>;
}

/** Registers the parts; call the result inside tests. Sources may reach sites of this machine, as fast as they can. */
export function withRuleStage(environment: Readonly<Record<string, string>> = {}): () => RuleStage {
  const stores = withStores();
  const workers = withWorkers({
    activities: (temporal) =>
      realActivities({
        ...stores(),
        temporal,
        hosts: hostsAtOnce(),
        environment: { WELLSPRING_ALLOWED_HOSTS: '127.0.0.1', ...environment },
      }),
  });
  const inForce: SourceDefinition[] = [];
  let count = 0;

  return () => {
    const { db, cloud } = stores();
    const { client } = workers();
    return {
      db,
      cloud,
      client,
      async apply(name, source) {
        const id = `${name}-${(count += 1)}`;
        const definition = await definitionOf(id, source, cloud);
        inForce.push(definition);
        await storeRevision(db, { definitions: inForce, author: 'test' });
        return {
          id,
          definition,
          run: () =>
            client.workflow.execute<typeof collectSource>('collectSource', {
              // As a schedule names them: each run has an id of its own.
              workflowId: `collect:${id}-${(count += 1)}`,
              taskQueue: 'orchestration',
              args: [{ v: 1, source: id, trigger: 'schedule' }],
            }),
          stored: () => storedBelow(cloud, `${id}/`),
        };
      },
    };
  };
}

async function definitionOf(
  id: string,
  { type, config, limits = {}, definition = {}, sync = NEVER }: SourceParts,
  cloud: TestCloud,
): Promise<SourceDefinition> {
  const { knowledgeBaseId, dataSourceId } = await cloud.dataSource(id);
  const base = sourceDefinition({ id });
  return {
    ...base,
    type,
    category: 'docs',
    limits: { ...base.limits, ...limits },
    config,
    knowledgeBase: {
      ...base.knowledgeBase,
      id,
      knowledgeBaseId,
      dataSourceId,
      bucket: cloud.bucket,
      prefix: id,
      sync,
    },
    ...definition,
  };
}

const NEVER = { quietMs: 3_600_000, maxWaitMs: 3_600_000 };

interface Sidecar {
  readonly metadataAttributes: {
    readonly doc_id: { readonly value: { readonly stringValue: string } };
  };
}

/** Content by document id of all documents below a prefix. */
export async function storedBelow(
  { clients: { s3 }, bucket }: Pick<TestCloud, 'clients' | 'bucket'>,
  prefix: string,
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
  const documents = keys.filter((key) => !key.endsWith('.metadata.json'));
  const found = await Promise.all(
    documents.map(async (key) => {
      const { metadataAttributes } = JSON.parse(await text(`${key}.metadata.json`)) as Sidecar;
      return [metadataAttributes.doc_id.value.stringValue, await text(key)] as const;
    }),
  );
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
