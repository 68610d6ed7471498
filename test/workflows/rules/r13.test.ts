import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSite, type Site } from '../../fakes/site.ts';
import { eventsOf } from '../../set-up/workflow-history.ts';
import { withRuleStage, type RuleStage } from './rule-stage.ts';

const CANARY = 'canary-7Q9zK2mW4x';
const stage = withRuleStage({ CANARY });

describe('R13: a secret of a source', () => {
  let site: Site;

  beforeAll(async () => {
    site = await startSite({
      '/refused': (request, response) => {
        response.writeHead(401).end(`no access with "${String(request.headers['x-api-key'])}"`);
      },
      '/page':
        '<html><body><main><p>A page of some length that anybody may read.</p></main></body></html>',
    });
  });
  afterAll(() => site.close());

  const headers = { 'x-api-key': '${env:CANARY}' };
  const script = (source: string) => ({
    type: 'script',
    config: { command: [process.execPath, '-e', source], env: { TOKEN: '${env:CANARY}' } },
  });

  test('stands in no history, row, sidecar or failure, whatever its program says', async () => {
    const parts = {
      refused: { type: 'http', config: { urls: [`${site.origin}/refused`], headers } },
      page: { type: 'http', config: { urls: [`${site.origin}/page`], headers } },
      mcp: {
        type: 'mcp',
        config: { transport: { type: 'http', url: `${site.origin}/refused`, headers } },
      },
      failing: script(`console.error('token ' + process.env.TOKEN); process.exit(1);`),
      telling: script(TELLING),
    };
    const sources = [];
    for (const [name, one] of Object.entries(parts)) sources.push(await stage().apply(name, one));

    const ends = await Promise.allSettled(sources.map((source) => source.run()));
    const texts = await everythingStored(stage());

    expect(ends.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(site.requests.length).toBeGreaterThan(2);
    expect(texts.length).toBeGreaterThan(20);
    // The canary was in use: what is looked for could have been found.
    expect(site.headersOf('/page')?.['x-api-key']).toBe(CANARY);
    expect(texts.filter((text) => text.includes(CANARY)).map(around)).toEqual([]);
    expect(JSON.stringify(ends, errorText)).not.toContain(CANARY);
  }, 120_000);
});

/** A program that gives its secret away wherever it can but in a document's own text. */
const TELLING = `
const say = (message) => console.log(JSON.stringify(message));
const { TOKEN } = process.env;
say({ kind: 'log', level: 'warn', message: 'token ' + TOKEN });
say({ kind: 'failed', id: 'one', failure: 'InvalidDocument', detail: 'refused for ' + TOKEN });
say({ kind: 'document', id: 'two', content: 'A text.' });
say({ kind: 'document', id: 'three', content: 'Another text.' });
say({ kind: 'listing', complete: false, why: 'no right with ' + TOKEN });
`;

async function everythingStored({ client, db, cloud }: RuleStage): Promise<readonly string[]> {
  const histories: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const events = await eventsOf(client.workflow.getHandle(workflowId, runId));
    histories.push(JSON.stringify(events, readable));
  }
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(
    db,
  );
  const rows = await Promise.all(
    tables.map(async ({ name }) => {
      const found = await sql<{
        row: string;
      }>`select to_jsonb(t)::text as row from ${sql.table(name)} t`.execute(db);
      return found.rows.map(({ row }) => row);
    }),
  );
  return [...histories, ...rows.flat(), ...(await objects(cloud))];
}

async function objects({
  clients: { s3 },
  bucket,
}: RuleStage['cloud']): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    for (const { Key = '' } of Contents) {
      const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      texts.push(`${Key} ${JSON.stringify(Metadata)} ${(await Body?.transformToString()) ?? ''}`);
    }
  }
  return texts;
}

/** Payloads are bytes: as they stand in a history, nobody could find a text in them. */
function readable(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value;
}

function errorText(_key: string, value: unknown): unknown {
  return value instanceof Error
    ? `${value.message} ${value.stack ?? ''} ${JSON.stringify(value.cause, errorText)}`
    : value;
}

function around(text: string): string {
  const at = text.indexOf(CANARY);
  return text.slice(Math.max(0, at - 100), at + 20);
}
