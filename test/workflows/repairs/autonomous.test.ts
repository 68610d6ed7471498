import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { recalibrateGate } from '../../../activities/repair/recalibrate-gate.ts';
import { activeFix } from '../../../adapters/postgres/active-fix.ts';
import { seedOutcomes } from '../../../local/demo/seed-outcomes.ts';
import { polled, withRepairStage, type StagedShop } from './repair-stage.ts';

const stage = withRepairStage();
const AUTONOMOUS = { version: 1, phase: 'autonomous', deploysADay: 10 } as const;

/** One of ten fixes goes to a person first, by its fingerprint: these are about the others. */
async function brokenShop(): Promise<StagedShop> {
  for (;;) {
    const shop = await stage().open({ repair: AUTONOMOUS, count: 8, goodRuns: 1 });
    shop.site.manner = 'second';
    await shop.run();
    const { incident } = await shop.until(
      'a decision of the gate',
      ({ incident: work }) => work?.verdict !== undefined,
    );
    if (!incident?.verdict?.vetoes.includes('audit-sample')) return shop;
  }
}

async function firstRunOnFix(shop: StagedShop): Promise<void> {
  await polled('the first run on the fix', async () => {
    const { incident } = await shop.status();
    return incident && incident.runs.length > 0 ? true : undefined;
  });
}

describe(
  'a policy that lets the gate deploy, and outcomes that prove it',
  { timeout: 180_000 },
  () => {
    beforeAll(async () => {
      const { db } = stage();
      await seedOutcomes(db);
      await new MockActivityEnvironment().run(() => recalibrateGate({ db }));
    });

    test('a fix deploys without a person, and after probation the source is green', async () => {
      const shop = await brokenShop();
      await firstRunOnFix(shop);
      await shop.run();
      await shop.run();
      const closed = await shop.untilClosed();
      expect(closed).toMatchObject({ outcome: 'auto-deployed-ok' });
      expect(closed.repair).toMatchObject({ deployed: { decidedBy: 'gate' }, byPerson: false });
      expect(await shop.run()).toMatchObject({ status: 'succeeded' });
    });

    test('it is remembered, which stands in the way of no deployment; a bad run takes it back, and the next fix of its kind asks a person', async () => {
      const shop = await brokenShop();
      await firstRunOnFix(shop);
      shop.site.manner = 'third';
      await shop.run();
      const closed = await shop.untilClosed();
      expect(closed).toMatchObject({ outcome: 'auto-deployed-rolled-back' });
      expect(await activeFix(stage().db, shop.source)).toBeUndefined();
      const { rows } = await sql`
      select label, rolled_back, labelled_by from repair_outcomes where incident = ${closed.id}`.execute(
        stage().db,
      );
      expect(rows).toEqual([{ label: 'failure', rolled_back: true, labelled_by: 'rollback' }]);

      const next = await brokenShop();
      const { incident } = await next.until(
        'a question to people',
        ({ stage: now }) => now === 'awaiting-approval',
      );
      expect(incident?.verdict?.vetoes).toContain('deploys-off');
    });
  },
);
