import { WorkflowUpdateFailedError } from '@temporalio/client';
import { expect, test, describe } from 'vitest';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { activeFix } from '../../../adapters/postgres/active-fix.ts';
import { repairWorkflowId } from '../../../workflows/repair/ids.ts';
import { provideGuidanceUpdate } from '../../../workflows/repair/messages.ts';
import { SHOP_EXTRACT, withRepairStage, type StagedShop } from './repair-stage.ts';

const stage = withRepairStage();
const SMALL = { count: 8, goodRuns: 1 };

async function asked(shop: StagedShop) {
  const status = await shop.until(
    'a question to people',
    ({ stage: now, question }) => now === 'awaiting-approval' && question !== undefined,
  );
  return { ...status, digest: status.incident?.fix?.patchDigest ?? '' };
}

function answer(shop: StagedShop, user: string) {
  return shop.decide('approve', { by: { provider: 'cli', user } });
}

describe('people who decide', { timeout: 120_000 }, () => {
  test('where approvers are named, a name that nobody has proven is refused', async () => {
    const shop = await stage().open({ ...SMALL, repair: { version: 1, approvers: ['ana'] } });
    shop.site.manner = 'second';
    await shop.run();
    await asked(shop);
    const refused = await answer(shop, 'ana').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
    expect((refused as WorkflowUpdateFailedError).cause).toMatchObject({ type: 'NotAllowed' });
    expect(await activeFix(stage().db, shop.source)).toBeUndefined();
  });

  test('two must approve: one person twice is one, two are two', async () => {
    const shop = await stage().open({ ...SMALL, repair: { version: 1, quorum: 2 } });
    shop.site.manner = 'second';
    await shop.run();
    await asked(shop);
    await answer(shop, 'ana');
    await answer(shop, 'ana');
    expect(await activeFix(stage().db, shop.source)).toBeUndefined();
    await answer(shop, 'ben');
    await shop.until('probation', ({ stage: now }) => now === 'probation');
    expect(await activeFix(stage().db, shop.source)).toMatchObject({ kind: 'fix' });
  });

  test('another policy between question and deployment: nothing is deployed before all is judged anew', async () => {
    const shop = await stage().open(SMALL);
    shop.site.manner = 'second';
    await shop.run();
    const { question } = await asked(shop);
    await storeRevision(stage().db, {
      definitions: [shop.definition],
      author: 'test',
      repair: { version: 1, quorum: 2 },
    });
    await shop.decide('approve');
    const again = await shop.until(
      'a new question',
      ({ question: now }) => now !== undefined && now.request.id !== question?.request.id,
    );
    expect(again.question?.request.quorum).toBe(2);
    expect(await activeFix(stage().db, shop.source)).toBeUndefined();
  });

  test('who wants another fix is not shown the same one again', async () => {
    const shop = await stage().open(SMALL);
    shop.site.manner = 'second';
    await shop.run();
    const { digest } = await asked(shop);
    await shop.decide('request-changes', { reason: 'title: h2.item__name' });
    const other = await shop.until(
      'another fix, or none',
      ({ stage: now, incident }) =>
        now === 'awaiting-guidance' || (now === 'awaiting-approval' && incident?.attempt === 2),
    );
    expect(other.incident?.fix?.patchDigest).not.toBe(digest);
    expect(other.incident?.guidance).toMatchObject({ by: 'ana' });
  });

  test('what a person knows becomes a fix', async () => {
    const { title, price, content } = SHOP_EXTRACT;
    const changing = { title: title.locators, price: { ...price, stable: false }, content };
    const shop = await stage().open({ ...SMALL, extract: changing });
    // The values that were there before are gone, so that only a person knows where the new ones stand.
    shop.site.edit = (html) =>
      html.replace(
        /<main class="product">.*<\/main>/su,
        '<div class="x1"><h3 class="thing">A new thing of a new kind</h3><em class="sum">€ 7.00</em><p class="lore">Nobody has read this text before, and it says nothing about what was sold here earlier.</p></div>',
      );
    await shop.run();
    await shop.until('a question for guidance', ({ stage: now }) => now === 'awaiting-guidance');
    const handle = stage().client.workflow.getHandle(
      repairWorkflowId(shop.definition.tenant, shop.source),
    );
    const text = 'title: h3.thing\nprice: em.sum\ncontent: p.lore';
    const { incident } = await shop.status();
    await handle.executeUpdate(provideGuidanceUpdate, {
      args: [
        { incident: incident?.incident ?? '', decisionId: 'cli:1', text, by: 'ana', reason: '' },
      ],
    });
    const guided = await shop.until(
      'the fix that was guided',
      ({ stage: now, incident: work }) =>
        work?.attempt === 2 && (now === 'awaiting-approval' || now === 'awaiting-guidance'),
    );
    expect(guided.incident?.stuck).toBeUndefined();
    expect(guided.incident?.fix?.changes.join()).toContain('h3.thing');
  });
});
