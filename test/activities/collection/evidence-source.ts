import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import { http } from '../../../activities/sources/http.ts';
import type { Objects } from '../../../adapters/aws/objects.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import type { RunStatus } from '../../../workflows/collection/run-status.ts';
import { hostsAtOnce } from '../../set-up/hosts-at-once.ts';
import type { CallOptions, SourceCase } from './collecting.ts';

export const EVIDENCE = { bucket: 'docs', prefix: 'kept' } as const;

/** A page of a shop with a title and a price. */
export function productPage(name: string, price = '12.50', more = ''): string {
  return `<html><head><title>${name}</title></head><body><main class="product"><h1 class="name">${name}</h1><p class="price">${price}</p><p>A text about ${name} that is long enough to be one.</p>${more}</main></body></html>`;
}

export const PRODUCT_FIELDS = {
  name: '.product .name',
  price: {
    type: 'number',
    cardinality: 'one',
    required: true,
    stable: false,
    locators: ['.product .price'],
  },
} as const;

export interface EvidenceCase extends SourceCase {
  readonly evidence: Pick<Objects, 'get' | 'list'>;
  /** A whole run, with the end that its verdict would have. */
  collectRun(run: string, status?: RunStatus, options?: CallOptions): Promise<void>;
  /** Keys of everything that is kept of the source, without the prefix. */
  kept(): Promise<readonly string[]>;
  rows(): Promise<readonly EvidenceRow[]>;
  tally(run: string): Promise<Record<string, unknown> | undefined>;
}

interface EvidenceRow {
  readonly role: string;
  readonly side: string;
  readonly url: string;
  readonly run: string;
  readonly confirmed: readonly string[];
  readonly facts: Record<string, unknown>;
}

/** A source of web pages whose evidence is kept. */
export async function evidenceSource(
  newSource: (overrides?: Partial<SourceDefinition>) => Promise<SourceCase>,
  config: Record<string, unknown>,
  overrides: Partial<SourceDefinition> & { readonly withoutEvidence?: true } = {},
): Promise<EvidenceCase> {
  const { withoutEvidence, ...more } = overrides;
  const source = await newSource({ type: 'http', config, ...more });
  if (!withoutEvidence) {
    const { knowledgeBase } = source.definition();
    await source.redefine({ knowledgeBase: { ...knowledgeBase, evidence: EVIDENCE } });
  }
  const deps: Partial<CollectionDependencies> = {
    sourceTypes: new Map([['http', http]]),
    settings: { ...source.deps.settings, allowedHosts: ['127.0.0.1'] },
    hosts: hostsAtOnce(),
  };
  const all = { ...source.deps, ...deps };
  const prefix = `${EVIDENCE.prefix}/default/${source.id}/`;
  const signal = AbortSignal.timeout(600_000);
  return {
    ...source,
    deps: all,
    evidence: source.deps.objects,
    async collectRun(run, status = 'succeeded', options = {}) {
      const call = { run, ...options, deps: { ...deps, ...options.deps } };
      // Where no page at all could be read, the slice fails.
      if (status === 'succeeded') await source.collect(call);
      else await source.collect(call).catch(() => undefined);
      const failed = status === 'succeeded' ? {} : { failure: 'SelectorMissing' as const };
      await source.finish(run, { verdict: { status, because: '', ...failed } }, { deps });
    },
    async kept() {
      const keys: string[] = [];
      for await (const { key } of source.deps.objects.list({
        bucket: EVIDENCE.bucket,
        prefix,
        signal,
      }))
        keys.push(key.slice(prefix.length));
      return keys;
    },
    async rows() {
      const { rows } = await sql<EvidenceRow>`
        select role, side, facts->>'url' as url, run, confirmed, facts from evidence_pages where source = ${source.id}
        order by at, url`.execute(source.db);
      return rows;
    },
    async tally(run) {
      const { rows } = await sql<{ tally: Record<string, unknown> }>`
        select tally from run_tallies where source = ${source.id} and run = ${`${source.id}:${run}`}`.execute(
        source.db,
      );
      return rows[0]?.tally;
    },
  };
}

/** As if our parser had read the kept bodies of these pages otherwise: what a new release of it does. */
export async function readOtherwiseThen(
  source: EvidenceCase,
  {
    page,
    records,
    facts = {},
  }: {
    /** The address, with `%` for anything. */
    readonly page: string;
    readonly records: readonly Record<string, unknown>[];
    readonly facts?: Record<string, unknown>;
  },
): Promise<void> {
  const body = Buffer.from(JSON.stringify({ records }));
  const sha256 = hash('sha256', body);
  const key = `${EVIDENCE.prefix}/default/${source.id}/bodies/${sha256}`;
  const signal = AbortSignal.timeout(10_000);
  const contentType = 'application/json';
  await source.deps.objects.put({ bucket: EVIDENCE.bucket, key, body, contentType, signal });
  await sql`
    update evidence_pages set page = 'earlier-' || page, values_key = ${key},
      facts = facts || ${JSON.stringify({ ...facts, valuesSha256: sha256 })}::jsonb
    where source = ${source.id} and facts->>'url' like ${page}`.execute(source.db);
}
