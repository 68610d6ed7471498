import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  openSystemicIncidents,
  releaseSystemicHold,
} from '../../../adapters/postgres/systemic-incidents.ts';
import { repairWorkflowId } from '../../../workflows/repair/ids.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';
import { withRepairStage, type StagedShop } from './repair-stage.ts';

const stage = withRepairStage();

function asked(shop: StagedShop) {
  return shop.until('a question to people', ({ stage: now }) => now === 'awaiting-approval');
}

describe('what no repair can cure', { timeout: 120_000 }, () => {
  test('a table that lost a column: people are alerted with the evidence, and nothing is repaired', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'shop.db');
    const change = (statements: string): void => {
      const file = new DatabaseSync(path);
      file.exec(statements);
      file.close();
    };
    change(`CREATE TABLE goods (id INTEGER PRIMARY KEY, name TEXT, note TEXT);
      INSERT INTO goods VALUES (1, 'Kettle', 'A kettle'), (2, 'Lantern', 'A lantern');`);
    const config = { url: `sqlite:${path}`, table: 'goods', title: 'name', body: 'note' };
    const shop = await stage().open({ define: (base) => ({ ...base, type: 'database', config }) });
    change('ALTER TABLE goods DROP COLUMN note');
    expect(await shop.run()).toMatchObject({ status: 'held', failure: 'SchemaDrift' });
    const closed = await shop.untilClosed();
    expect(closed).toMatchObject({ outcome: 'alerted', heals: false, failure: 'SchemaDrift' });
    expect(closed.becauseClosed).toContain('has no extraction');
    expect(closed.repair).toMatchObject({
      evidence: { key: expect.stringContaining('/bundles/') as string },
    });
    expect(closed.repair['deployed']).toBeUndefined();
  });
});

describe('several sources at once', { timeout: 120_000 }, () => {
  test('two that break together are repaired beside each other, each by its own fix', async () => {
    const shops = [await stage().open({ count: 8 }), await stage().open({ count: 8 })];
    for (const { site } of shops) site.manner = 'second';
    await Promise.all(shops.map((shop) => shop.run()));
    for (const shop of shops) await asked(shop);
    await Promise.all(shops.map((shop) => shop.decide('approve')));
    for (const shop of shops) {
      const { incident } = await shop.until(
        'a run on the fix',
        ({ incident: work }) => (work?.runs.length ?? 0) > 0,
      );
      expect(incident?.runs.at(-1)).toMatch(/^good/);
    }
  });

  test('a storm holds what is broken until a person lets it go on', async () => {
    const { db } = stage();
    const shop = await stage().open({ count: 8 });
    // Five other sources of this failure broke within the last minutes.
    await sql`update incidents set opened_at = now() where failure = 'SelectorMissing'`.execute(db);
    const { rows } = await sql<{ n: number }>`
      select count(*)::integer as n from incidents where failure = 'SelectorMissing'`.execute(db);
    for (let at = rows[0]?.n ?? 0; at < 5; at += 1)
      await sql`
        insert into incidents select (jsonb_populate_record(i, jsonb_build_object('id', ${`made-up-${at}`}::text, 'source', ${`other-${at}`}::text,
          'fingerprint', ${`made-up-${at}`}::text, 'state', 'closed', 'outcome', 'recovered'))).* from incidents i
        where failure = 'SelectorMissing' limit 1`.execute(db);
    shop.site.manner = 'second';
    await shop.run();
    const { incident } = await shop.until('parking', ({ stage: now }) => now === 'parked');
    expect(incident?.opened?.wait?.because).toContain('repairs --release');
    for (const { id } of await openSystemicIncidents(db)) await releaseSystemicHold(db, id, 'ana');
    // As the verb does, which wakes who waits.
    await shop.run();
    await asked(shop);
  });
});

test('from the end of a failed run to its repair', { timeout: 120_000 }, async () => {
  const shop = await stage().open({ count: 8 });
  shop.site.manner = 'second';
  const { id } = await shop.run();
  await asked(shop);
  const { client } = stage();
  const run = await client.workflow.getHandle(id).describe();
  const repair = await client.workflow
    .getHandle(repairWorkflowId(shop.definition.tenant, shop.source))
    .fetchHistory();
  const [first] = repair.events ?? [];
  const startedMs =
    Number(first?.eventTime?.seconds) * 1000 + Number(first?.eventTime?.nanos) / 1e6;
  const { rows } = await sql<{
    at: Date;
  }>`select finished_at as at from runs where id = ${id}`.execute(stage().db);
  const writtenMs = rows[0]?.at.getTime() ?? 0;
  console.info(
    `repair started ${Math.round(startedMs - writtenMs)} ms after the end of the run was written, ${Math.round(startedMs - (run.closeTime?.getTime() ?? 0))} ms after its workflow closed`,
  );
  expect(startedMs).toBeGreaterThan(run.startTime.getTime());
});
