import { describe, expect, test } from 'vitest';
import { setRepairSwitch } from '../../../adapters/postgres/repair-switch.ts';
import { activeFix } from '../../../adapters/postgres/active-fix.ts';
import { repairWorkflowId } from '../../../workflows/repair/ids.ts';
import { killSignal, rollbackSignal } from '../../../workflows/repair/messages.ts';
import { polled, SHOP_EXTRACT, withRepairStage, type StagedShop } from './repair-stage.ts';

const stage = withRepairStage();

function asked(shop: StagedShop) {
  return shop.until('a question to people', ({ stage: now }) => now === 'awaiting-approval');
}

async function onProbation(shop: StagedShop): Promise<void> {
  await polled('the first run on the fix', async () => {
    const { incident, stage: now } = await shop.status();
    return now === 'probation' && incident && incident.runs.length > 0 ? true : undefined;
  });
}

async function deployments(): Promise<number> {
  const { count } = await stage()
    .db.selectFrom('spec_moves')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('move', '=', 'deployed')
    .executeTakeFirstOrThrow();
  return count;
}

describe('a web source whose layout changes', { timeout: 120_000 }, () => {
  test('a person approves the fix, it is deployed, and after probation the source is green', async () => {
    const shop = await stage().open();
    shop.site.manner = 'second';
    expect(await shop.run()).toMatchObject({ failure: 'SelectorMissing' });

    const { incident } = await asked(shop);
    const fields = incident?.fix?.values.map(({ field }) => field);
    expect([...new Set(fields)].toSorted()).toEqual(['content', 'price', 'title']);
    expect(incident?.verdict).toMatchObject({ decision: 'pull-request', shadowDeploy: true });
    await shop.decide('approve', { reason: 'looks right' });

    await onProbation(shop);
    await shop.run();
    await shop.run();
    expect(await shop.untilClosed()).toMatchObject({ outcome: 'pr-merged-unchanged' });
    expect(await shop.run()).toMatchObject({ status: 'succeeded' });
  });

  test('a field that nobody requires goes missing silently, and the run is held for it', async () => {
    const price = { ...SHOP_EXTRACT.price, required: false };
    const shop = await stage().open({ extract: { ...SHOP_EXTRACT, price, title: 'h1' } });
    shop.site.edit = (html) => html.replace('product-price', 'product-amount');
    expect(await shop.run()).toMatchObject({ status: 'held', failure: 'SelectorMissing' });
    const { incident } = await asked(shop);
    expect(incident?.fix?.changes.join()).toContain('product-amount');
  });

  test('it comes back by itself before anybody decides: nothing is deployed', async () => {
    const shop = await stage().open();
    const before = await deployments();
    shop.site.manner = 'third';
    await shop.run();
    await asked(shop);
    shop.site.manner = 'first';
    await shop.run();
    expect(await shop.untilClosed()).toMatchObject({ outcome: 'recovered' });
    await expect(shop.decide('approve')).rejects.toThrow(/completed|not found|Update failed/);
    expect(await deployments()).toBe(before);
  });

  test('a person rejects the fix, and is not asked about the same break again', async () => {
    const shop = await stage().open();
    const before = await deployments();
    shop.site.manner = 'second';
    await shop.run();
    await asked(shop);
    await shop.decide('reject', { reason: 'the old shop comes back tomorrow' });
    expect(await shop.untilClosed()).toMatchObject({ outcome: 'pr-rejected' });
    await shop.run();
    expect(await shop.incidents()).toHaveLength(1);
    expect(await deployments()).toBe(before);
  });

  test.each(['blocked', 'login'] as const)(
    'a site that is %s is nothing to repair',
    async (manner) => {
      const shop = await stage().open({ goodRuns: 1 });
      shop.site.manner = manner;
      expect(await shop.run()).toMatchObject({ failure: 'Blocked' });
      expect(await shop.untilClosed()).toMatchObject({ outcome: 'alerted', failure: 'Blocked' });
    },
  );

  test('pages that are empty have no fix: people are asked for what they know', async () => {
    const shop = await stage().open();
    shop.site.manner = 'empty';
    await shop.run();
    await shop.until('a question for guidance', ({ stage: now }) => now === 'awaiting-guidance');
    await shop.decide('reject', { reason: 'the shop has closed' });
    expect((await shop.untilClosed()).repair['deployed']).toBeUndefined();
  });
});

describe('a fix that is in force', { timeout: 120_000 }, () => {
  async function deployed(): Promise<StagedShop> {
    const shop = await stage().open();
    shop.site.manner = 'second';
    await shop.run();
    await asked(shop);
    await shop.decide('approve');
    await onProbation(shop);
    expect(await activeFix(stage().db, shop.source)).toMatchObject({ kind: 'fix' });
    return shop;
  }

  test('is taken back by itself when a run on it is bad', async () => {
    const shop = await deployed();
    shop.site.manner = 'third';
    await shop.run();
    expect(await shop.untilClosed()).toMatchObject({ outcome: 'pr-merged-rolled-back' });
    expect(await activeFix(stage().db, shop.source)).toBeUndefined();
  });

  test('is taken back by a signal, once, and the label says so', async () => {
    const shop = await deployed();
    const [incident] = await shop.incidents();
    const handle = stage().client.workflow.getHandle(
      repairWorkflowId(shop.definition.tenant, shop.source),
    );
    const order = { incident: incident?.id ?? '', by: 'ana', reason: 'wrong prices' };
    await handle.signal(rollbackSignal, order);
    await handle.signal(rollbackSignal, order);
    const closed = await shop.untilClosed();
    expect(closed).toMatchObject({ outcome: 'pr-merged-rolled-back' });
    expect(await activeFix(stage().db, shop.source)).toBeUndefined();
    const outcome = await stage()
      .db.selectFrom('repair_outcomes')
      .select(['label', 'rolled_back'])
      .where('incident', '=', closed.id)
      .executeTakeFirstOrThrow();
    expect(outcome).toEqual({ label: 'failure', rolled_back: true });
  });
});

describe('the kill switch', { timeout: 120_000 }, () => {
  test('keeps an approved fix from being deployed until it is off', async () => {
    const { db } = stage();
    const shop = await stage().open();
    shop.site.manner = 'second';
    await shop.run();
    await asked(shop);
    const turn = { tenant: 'default', by: 'ana', reason: 'a look first' };
    await setRepairSwitch(db, { ...turn, on: true });
    await shop.decide('approve');
    await shop.until('parking', ({ stage: now }) => now === 'parked');
    expect(await activeFix(db, shop.source)).toBeUndefined();
    await setRepairSwitch(db, { ...turn, on: false });
    const order = { on: false, by: 'ana', reason: 'it looks right' };
    const { tenant } = shop.definition;
    const handle = stage().client.workflow.getHandle(repairWorkflowId(tenant, shop.source));
    await handle.signal(killSignal, order);
    await shop.until('a new decision, or probation', ({ stage: now }) =>
      ['awaiting-approval', 'probation'].includes(now),
    );
  });
});
