import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { RepairDefinition } from '../../workflows/repair/policy.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';
import { newNamespace } from '../set-up/temporal-workers.ts';
import { EVIDENCE_BUCKET, startChaosCloud, type ChaosCloud } from './cloud.ts';
import { openCrew, type Crew, type Variables } from './crew.ts';
import { createRandom, type Random } from './random.ts';
import { openFeed, type Feed } from './sources/feed.ts';
import { openShop, readerOf, type Shop } from './sources/shop.ts';
import { openSite, type SiteSource } from './sources/site.ts';
import { openWick, type Wick } from './sources/wick.ts';
import type { ChaosSource, SourceId } from './sources/source.ts';
import type { Stage } from './stage.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { startVault, type Vault } from './vault.ts';

/** The way to each thing that the product uses, with a proxy of ours on it. */
export type Road = 'temporal' | 'database' | 'source-database' | 's3' | 'bedrock';

/** One run's whole world: sources, a cloud, a namespace, a database, workers, and the proxies between them. */
export interface Arena extends AsyncDisposable {
  readonly seed: number;
  readonly folder: string;
  readonly stage: Stage;
  readonly cloud: ChaosCloud;
  readonly temporal: Temporal;
  /** The product's database, without the proxy. */
  readonly db: Database;
  readonly databaseUrl: string;
  readonly roads: Readonly<Record<Road, TcpProxy>>;
  readonly crew: Crew;
  readonly shop: Shop;
  readonly site: SiteSource;
  readonly feed: Feed;
  readonly wick: Wick;
  /** Those that take part. */
  readonly sources: readonly ChaosSource[];
  /** What no history, log, object, row or error may hold. */
  readonly canaries: string[];
  /** How often each fault was seen to happen. */
  readonly seen: Map<string, number>;
  /** For choices of the source edits; the script has its own. */
  readonly random: Random;
  /** What a worker of this arena is started with. */
  readonly workerEnv: Variables;
  readonly vault: Vault;
  /** As they are put in force at the start. */
  readonly definitions: readonly SourceDefinition[];
  /** Puts other definitions in force. */
  readonly redefine: (change: (definition: SourceDefinition) => SourceDefinition) => Promise<void>;
  count(what: string, times?: number): void;
  /** Done when the arena closes. */
  defer(work: () => Promise<void>): void;
}

export interface ArenaOptions {
  readonly seed: number;
  /** Documents of each source; a source with none takes no part. */
  readonly workload: Readonly<Partial<Record<SourceId, number>>>;
  readonly workers?: number;
  /** How far repairs may go by themselves. */
  readonly repair?: RepairDefinition;
  readonly settings?: Variables;
}

let opened = 0;

export async function openArena(stage: Stage, options: ArenaOptions): Promise<Arena> {
  const { seed, workload, workers = 2, settings = {}, repair = { version: 1 } } = options;
  opened += 1;
  const name = `chaos_${opened}_${randomBytes(3).toString('hex')}`;
  const folder = join(stage.folder, name);
  await mkdir(folder);
  await using opening = new AsyncDisposableStack();
  const secrets = { aws: canary(), shop: canary(), feed: canary() };
  const [databaseUrl, ownerUrl] = await createDatabases(stage, opening, name);
  const cloud = await startChaosCloud({ folder, seed, secretAccessKey: secrets.aws });
  opening.defer(() => cloud.stop());
  const roads = await openRoads(stage, cloud, opening);
  const site = await openSite(workload.site ?? 0);
  opening.defer(() => site.close());
  const wick = await openWick(workload.wick ?? 0);
  opening.defer(() => wick.close());
  const address = roads['source-database'].address;
  const count = workload.shop ?? 0;
  const [shop, feed] = await Promise.all([
    openShop({ ownerUrl, address, password: secrets.shop, count }),
    openFeed(folder, workload.feed ?? 0),
  ]);
  const sources = [shop, site, feed, wick].filter(({ id }) => (workload[id] ?? 0) > 0);
  const temporal = await openNamespace(stage);
  opening.defer(() => temporal.close());
  const db = openDatabase(databaseUrl, { onIdleError: () => undefined });
  opening.defer(() => db.destroy());
  await migrate(db);
  const definitions = sources.map((source) => definitionOf(source, cloud));
  await storeRevision(db, { definitions, repair, author: 'chaos' });
  const vault = await startVault();
  opening.defer(() => vault.close());
  const workerEnv: Variables = {
    ...KNOBS,
    TEMPORAL_ADDRESS: roads.temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    WELLSPRING_DATABASE_URL: through(databaseUrl, roads.database),
    WELLSPRING_WORKFLOW_BUNDLE: stage.bundle,
    WELLSPRING_ALLOWED_HOSTS: `${site.host},${wick.host},${address}`,
    AWS_ENDPOINT_URL: `http://${roads.bedrock.address}`,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: vault.url,
    AWS_ENDPOINT_URL_S3: `http://${roads.s3.address}`,
    AWS_REGION: cloud.region,
    AWS_ACCESS_KEY_ID: cloud.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: cloud.credentials.secretAccessKey,
    FEED_TOKEN: secrets.feed,
    SHOP_URL: shop.url,
    ...settings,
  };
  const crew = openCrew({ folder, size: workers, env: workerEnv });
  opening.defer(() => crew.stop());
  await crew.fill();
  const seen = new Map<string, number>();
  const closing = opening.move();
  return {
    seed,
    folder,
    stage,
    cloud,
    temporal,
    db,
    databaseUrl,
    roads,
    crew,
    shop,
    site,
    feed,
    wick,
    sources,
    canaries: [...Object.values(secrets), new URL(databaseUrl).password],
    seen,
    random: createRandom(seed ^ 0x5eed),
    workerEnv,
    vault,
    definitions,
    async redefine(change) {
      const changed = definitions.map((definition) => change(definition));
      await storeRevision(db, { definitions: changed, repair, author: 'chaos' });
    },
    count: (what, times = 1) => void seen.set(what, (seen.get(what) ?? 0) + times),
    defer: (work) => closing.defer(work),
    async [Symbol.asyncDispose]() {
      for (const road of Object.values(roads)) road.apply({ kind: 'pass' });
      await closing.disposeAsync();
    },
  };
}

/** What production sets in minutes. */
const KNOBS: Variables = {
  WELLSPRING_HEARTBEAT_TIMEOUT: '3 seconds',
  WELLSPRING_SHUTDOWN_GRACE: '2 seconds',
  WELLSPRING_INGESTION_STARTS_PER_SECOND: '5',
  WELLSPRING_INGESTION_POLL: '100 ms',
  WELLSPRING_ALLOWED_COMMANDS: '*',
  WELLSPRING_UPLOADS: '4',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

function canary(): string {
  return `canary${randomBytes(12).toString('hex')}`;
}

async function openRoads(
  stage: Stage,
  { s3, bedrock }: ChaosCloud,
  opening: AsyncDisposableStack,
): Promise<Arena['roads']> {
  const to = async (port: number): Promise<TcpProxy> => {
    const road = await startTcpProxy({ host: '127.0.0.1', port });
    opening.defer(() => road.close());
    return road;
  };
  return {
    temporal: await to(stage.temporalPort),
    database: await to(stage.postgresPort),
    'source-database': await to(stage.postgresPort),
    s3: await to(s3.port),
    bedrock: await to(bedrock.port),
  };
}

async function openNamespace({ temporalPort }: Stage): Promise<Temporal> {
  const address = `127.0.0.1:${temporalPort}`;
  return connectTemporal({ address, namespace: await newNamespace(address) });
}

function through(url: string, { port }: TcpProxy): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

/** The product's and the shop's; both go with the run, and so does the shop's reader. */
async function createDatabases(
  stage: Stage,
  opening: AsyncDisposableStack,
  name: string,
): Promise<readonly [string, string]> {
  const names = [name, `${name}_shop`] as const;
  const drops = names.map((one) => `drop database if exists ${escapeIdentifier(one)} with (force)`);
  const dropReader = `drop role if exists ${escapeIdentifier(readerOf(names[1]))}`;
  opening.defer(() => onServer(stage, [...drops, dropReader]));
  await onServer(
    stage,
    names.map((one) => `create database ${escapeIdentifier(one)}`),
  );
  return [stage.databaseUrl(names[0]), stage.databaseUrl(names[1])];
}

async function onServer(stage: Stage, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: stage.databaseUrl('postgres'), ssl: false });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** An attempt that is broken must not wait for the end of a long one: everything here is short. */
function definitionOf(
  { id, definition }: ChaosSource,
  { bucket, target }: ChaosCloud,
): SourceDefinition {
  const base = sourceDefinition({ id });
  const { knowledgeBaseId, dataSourceId, quietMs, maxWaitMs } = target;
  return {
    ...base,
    ...definition,
    category: 'chaos',
    limits: { ...base.limits, timeoutMs: 120_000 },
    knowledgeBase: {
      ...base.knowledgeBase,
      knowledgeBaseId,
      dataSourceId,
      bucket,
      // As the knowledge base of the cloud is: the limits of its attributes are the product's to keep.
      vectorStore: 's3-vectors',
      sync: { quietMs, maxWaitMs },
      ...(id === 'wick' ? { evidence: { bucket: EVIDENCE_BUCKET, prefix: 'wick' } } : {}),
    },
  };
}
