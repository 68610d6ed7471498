import { sql } from 'kysely';
import { z } from 'zod';
import { specDigest } from '../../../adapters/definitions/spec-digest.ts';
import { defineSource } from '../../../activities/sources/define-source.ts';
import type { BoundSourceType } from '../../../activities/sources/define-source.ts';
import type { ExtractionTally } from '../../../workflows/repair/run-summary.ts';
import { COMPLETE, documents, type Message, type SourceCase } from './collecting.ts';
import { fieldTally, runSummary } from '../../pure/repair/run-summaries.ts';

export const EXTRACT = {
  title: 'h1',
  price: { type: 'number', cardinality: 'one', required: false, stable: false, locators: '.price' },
};

/** The definition of a web source that a repair can heal. */
export const HEALING = {
  type: 'http',
  config: { urls: ['https://a.example/'], extract: EXTRACT },
} as const;

/** A web source whose pages a test tells: what they give as documents, and what was counted in them. */
export interface PagesCase {
  /** From now on: so many documents, and these counts. */
  gives(documentCount: number, tally?: Partial<ExtractionTally>): void;
  /** From now on: these messages, and these counts. */
  says(messages: readonly Message[], tally?: Partial<ExtractionTally>): void;
}

export function withPages(source: SourceCase): PagesCase {
  let messages: readonly Message[] = [];
  let counted: Partial<ExtractionTally> | undefined;
  const types = source.deps.sourceTypes as Map<string, BoundSourceType>;
  types.set(
    'http',
    webType(async function* read() {
      if (counted) await tally(source, counted);
      yield* messages;
    }),
  );
  const names = (count: number) => Array.from({ length: count }, (_, at) => `page-${at}`);
  return {
    gives(count, counts) {
      messages = [...documents(...names(count)), COMPLETE];
      counted = { ...wellRead(count), ...counts };
    },
    says(given, counts) {
      messages = given;
      counted = counts;
    },
  };
}

function wellRead(records: number): ExtractionTally {
  const { pages, fields } = runSummary({ records, pages: records });
  return { pages, fields, records, unmodified: 0, listsMissing: 0, failedPages: 0, failures: {} };
}

/** Price is missing in so many of the records. */
export function priceless(missing: number, records: number): Partial<ExtractionTally> {
  return { records, fields: [fieldTally({ present: records - missing, missing })] };
}

/** What the reading of pages would have counted. */
async function tally(source: SourceCase, counts: Partial<ExtractionTally>): Promise<void> {
  const body = JSON.stringify({ ...wellRead(0), ...counts });
  const spec = specDigest(source.id, source.definition().config['extract']);
  await sql`
    insert into run_tallies (run, tenant, source, crawl, spec_digest, tally)
    select id, tenant, source, 'crawl', ${spec ?? ''}, ${body}::jsonb from runs
    where source = ${source.id} and status = 'running' order by started_at desc limit 1
    on conflict (run) do update set tally = excluded.tally`.execute(source.db);
}

function webType(read: () => AsyncIterable<Message>): BoundSourceType {
  return defineSource<{ urls: string[]; extract?: unknown }, unknown>(
    {
      config: z.strictObject({ urls: z.array(z.string()), extract: z.exactOptional(z.unknown()) }),
      cursor: z.unknown(),
    },
    {
      spec: {
        name: 'http',
        version: '1.0.0',
        summary: 'Emits what a test says.',
        queue: 'collect',
        trust: 'untrusted',
      },
      check: async () => [],
      discover: async () => ({ streams: [] }),
      read,
    },
  );
}
