import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../../../local/tools/chromium.ts';
import { syncWorkflowId } from '../../../workflows/collection/ids.ts';
import { startSite, type Site } from '../../fakes/site.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';
import { toolForTest } from '../../set-up/tools.ts';
import { countKinds, eventsOf } from '../../set-up/workflow-history.ts';
import { withRuleStage, type SourceParts, type StagedSource } from './rule-stage.ts';

const chromium = await toolForTest(findChromium);
const stage = withRuleStage(chromium === undefined ? {} : { CHROMIUM_PATH: chromium });

const PAGE = (name: string): string =>
  `<html><head><title>${name}</title></head><body><main><h1>${name}</h1><p>${`${name} is described here. `.repeat(20)}</p></main></body></html>`;

describe('R1: a second run without a change', () => {
  const undo = new AsyncDisposableStack();
  let site: Site;
  let folder: string;

  beforeAll(async () => {
    folder = undo.use(await temporaryFolder()).path;
    site = await startSite({ '/a': PAGE('Volcanoes'), '/b': PAGE('Glaciers') });
    undo.defer(() => site.close());
    const database = new DatabaseSync(join(folder, 'articles.db'));
    database.exec(`create table articles (id integer primary key, title text, body text, updated_at text);
      insert into articles values (1, 'Volcanoes', 'Lava.', '2026-11-01'), (2, 'Glaciers', 'Ice.', '2026-11-02')`);
    database.close();
  });
  afterAll(() => undo.disposeAsync());

  const types: Readonly<Record<string, () => SourceParts>> = {
    'database, read whole': () => ({ type: 'database', config: table({}) }),
    'database, by its changes': () => ({
      type: 'database',
      config: table({ cursor: 'updated_at' }),
    }),
    http: () => ({ type: 'http', config: { urls: pages() } }),
    browser: () => ({ type: 'browser', config: { urls: pages() } }),
    mcp: () => ({ type: 'mcp', config: { transport: everything() } }),
    script: () => ({ type: 'script', config: { command: [process.execPath, '-e', SCRIPT] } }),
  };

  test.each(Object.keys(types).filter((name) => name !== 'browser' || chromium !== undefined))(
    'of a source of type %s writes nothing and asks for no sync',
    async (name) => {
      const parts = types[name]?.();
      if (!parts) throw new Error(`No source is made for "${name}".`);
      const sync = { quietMs: 100, maxWaitMs: 500 };
      const source = await stage().apply('r1', { ...parts, sync });
      const first = await source.run();
      await expect.poll(() => syncState(source), { timeout: 20_000 }).toMatchObject(SETTLED);
      const before = await syncState(source);

      const second = await source.run();

      expect(first.counts.added).toBeGreaterThan(1);
      expect(second.status).toBe('succeeded');
      expect(second.counts).toMatchObject({ added: 0, updated: 0, deleted: 0, putRequests: 0 });
      expect(await syncState(source)).toEqual(before);
    },
    60_000,
  );

  function table(more: object): Record<string, unknown> {
    const url = `sqlite:${join(folder, 'articles.db')}`;
    return { url, table: 'articles', primaryKey: ['id'], title: 'title', body: ['body'], ...more };
  }

  const pages = (): readonly string[] => [`${site.origin}/a`, `${site.origin}/b`];
});

/** One job for what the first run stored, and nothing waits. */
const SETTLED = { jobs: 1, signals: 1, waits: false };

async function syncState({ definition: { knowledgeBase } }: StagedSource) {
  const { knowledgeBaseId, dataSourceId } = knowledgeBase;
  const { db, client } = stage();
  const handle = client.workflow.getHandle(syncWorkflowId(knowledgeBaseId, dataSourceId));
  const mark = await db
    .selectFrom('knowledge_base_state')
    .select('dirty_since')
    .where('data_source_id', '=', dataSourceId)
    .executeTakeFirst();
  const jobs = await db
    .selectFrom('syncs')
    .select('job_id')
    .where('data_source_id', '=', dataSourceId)
    .execute();
  return {
    jobs: jobs.length,
    signals: countKinds(await eventsOf(handle))['workflowExecutionSignaled'] ?? 0,
    waits: mark?.dirty_since !== null,
  };
}

function everything(): Record<string, unknown> {
  const server = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/dist/index.js',
  );
  return { type: 'stdio', command: process.execPath, args: [server, 'stdio'] };
}

const SCRIPT = `
for (const id of ['one', 'two']) console.log(JSON.stringify({ kind: 'document', id, content: 'The text of ' + id }));
console.log(JSON.stringify({ kind: 'listing', complete: true }));
`;
