import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Client } from 'pg';
import { createAwsClients } from '../../adapters/aws/clients.ts';
import { BUCKET, CREDENTIALS, REGION } from '../stage/names.ts';
import { documentOf, sha256, type LoopDocument, type Provenance } from './document.ts';
import { articlePages } from './rows.ts';
import { openSignedPut } from './signed-put.ts';

/**
 * The bare loops beside which the product is measured. `sdk` is the peer: the same tuned client, nothing else. The limits: `signer`
 * uploads with a minimal signer, `transform` reads and renders only, `compare` reads, renders, hashes and looks into the manifest.
 */
export type LoopKind = 'sdk' | 'signer' | 'transform' | 'compare';

export interface LoopOrder {
  readonly kind: LoopKind;
  readonly sourceUrl: string;
  readonly table: string;
  readonly s3Url: string;
  readonly manifestUrl: string;
  readonly uploads: number;
  readonly provenance: Provenance;
}

export interface LoopResult {
  readonly documents: number;
  /** Of `compare`: documents whose hash is not the one in the manifest. */
  readonly different: number;
}

/** The same with what it cost this process, all threads. */
export interface TimedLoopResult extends LoopResult {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** Runs one loop from the first row to the last. */
export async function runLoop(order: LoopOrder): Promise<TimedLoopResult> {
  const [before, startedMs] = [process.cpuUsage(), performance.now()];
  const result = await loopOf(order);
  const { user, system } = process.cpuUsage(before);
  return {
    ...result,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - startedMs) / 1000,
  };
}

async function loopOf(order: LoopOrder): Promise<LoopResult> {
  if (order.kind === 'transform') return transform(order);
  return order.kind === 'compare' ? compare(order) : upload(order);
}

async function transform(order: LoopOrder): Promise<LoopResult> {
  let documents = 0;
  for await (const document of documentsOf(order)) if (document.content !== '') documents += 1;
  return { documents, different: 0 };
}

async function compare(order: LoopOrder): Promise<LoopResult> {
  const manifest = new Client({ connectionString: order.manifestUrl });
  await manifest.connect();
  const found = { documents: 0, different: 0 };
  try {
    for await (const page of articlePages(order.sourceUrl, order.table)) {
      const documents = page.map((row) => documentOf(row, order.provenance));
      const known = await contentHashes(manifest, order.provenance.source, documents);
      const changed = documents.filter(({ hash, content }) => known.get(hash) !== sha256(content));
      found.documents += documents.length;
      found.different += changed.length;
    }
  } finally {
    await manifest.end();
  }
  return found;
}

async function contentHashes(
  manifest: Client,
  source: string,
  documents: readonly LoopDocument[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await manifest.query<{ hash: string; content_hash: string }>({
    name: 'hashes',
    text: `select hash, content_hash from documents where tenant = 'default' and source = $1 and hash = any($2::text[])`,
    values: [source, documents.map(({ hash }) => hash)],
  });
  return new Map(rows.map((row) => [row.hash, row.content_hash]));
}

async function upload(order: LoopOrder): Promise<LoopResult> {
  const client = order.kind === 'sdk' ? sdkPut(order) : signerPut(order);
  const documents = documentsOf(order);
  let stored = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const next = await documents.next();
      if (next.done) return;
      const { key, sidecar, content } = next.value;
      await client.put(`${key}.metadata.json`, 'application/json', sidecar);
      await client.put(key, 'text/markdown; charset=utf-8', content);
      stored += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: order.uploads }, lane));
  } finally {
    await client.close();
  }
  return { documents: stored, different: 0 };
}

async function* documentsOf(order: LoopOrder): AsyncGenerator<LoopDocument, void> {
  for await (const page of articlePages(order.sourceUrl, order.table))
    for (const row of page) yield documentOf(row, order.provenance);
}

interface LoopClient {
  put(key: string, contentType: string, body: string): Promise<void>;
  close(): Promise<void>;
}

function sdkPut({ s3Url }: LoopOrder): LoopClient {
  const aws = createAwsClients({
    region: REGION,
    endpoints: { s3: s3Url },
    credentials: CREDENTIALS,
  });
  return {
    async put(key, contentType, body) {
      const request = {
        Bucket: BUCKET,
        Key: key,
        ContentType: contentType,
        Body: Buffer.from(body),
      };
      await aws.s3.send(new PutObjectCommand(request));
    },
    close: () => Promise.resolve(aws.close()),
  };
}

function signerPut({ s3Url, uploads }: LoopOrder): LoopClient {
  const client = openSignedPut({
    endpoint: s3Url,
    region: REGION,
    ...CREDENTIALS,
    connections: uploads,
  });
  return {
    put: (key, contentType, body) => client.put(BUCKET, key, contentType, body),
    close: () => client.close(),
  };
}
