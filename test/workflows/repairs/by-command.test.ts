import { beforeAll, describe, expect, test } from 'vitest';
import { readIncident } from '../../../adapters/postgres/incidents.ts';
import type { Temporal } from '../../../adapters/temporal/connection.ts';
import { runHere, type Said } from '../../client/in-process.ts';
import { withRepairStage, type StagedShop } from './repair-stage.ts';

const stage = withRepairStage();
let temporal: Temporal;

beforeAll(() => {
  const { client } = stage();
  const connection = client.connection as Temporal['connection'];
  const namespace = client.options.namespace;
  temporal = { client, connection, address: 'test', namespace, close: async () => undefined };
});

const cli = (...argv: readonly string[]): Promise<Said> =>
  runHere({ db: stage().db, temporal: async () => temporal }, argv);

/** A shop whose fix waits for a person, and the incident. */
async function asking(): Promise<{ readonly shop: StagedShop; readonly id: string }> {
  const shop = await stage().open();
  shop.site.manner = 'second';
  await shop.run();
  await shop.until('a question', ({ stage: now }) => now === 'awaiting-approval');
  const [incident] = await shop.incidents();
  return { shop, id: incident?.id ?? '' };
}

describe('whoever reads a repair at a terminal', () => {
  test('sees all of it, approves it, and takes it back', async () => {
    const { shop, id } = await asking();

    const shown = await cli('repair', 'show', shop.source);
    for (const part of [
      `${id}  ${shop.source}: SelectorMissing, awaiting-approval`,
      'Old and new values',
      '9 of 9 passed.',
      'Probability that it is right:',
      'Asked of anyone until',
      `npm run cli -- approve ${id}`,
      `temporal workflow update execute --workflow-id repair:${shop.source} --name decide`,
    ])
      expect(shown.text).toContain(part);
    expect((await cli('approvals')).text).toContain(`npm run cli -- approve ${id}`);

    // A script that does not say so has not approved anything.
    expect(await cli('approve', id)).toMatchObject({ code: 4, data: { decided: false } });
    const extended = await cli('repair', 'extend', id, '--hours', '5');
    expect(extended.text).toMatch(/waits until/);

    const approved = await cli('approve', id, '--yes', '--reason', 'prices are right');
    expect(approved).toMatchObject({ code: 0, data: { verdict: 'approve', terminal: true } });
    expect(approved.text).toContain('Approved, and deployed');
    expect(approved.notices).toContain('Old and new values');
    expect((await cli('approve', id, '--yes')).text).toMatch(
      /^AlreadyDecided: The question .* was answered with "approve" by ".*" on \d{4}-.*: it is probation now/,
    );

    const back = await cli('repair', 'rollback', id, '--yes', '--reason', 'another currency');
    expect(back).toMatchObject({ code: 0, data: { rolledBack: true, changed: true } });
    await shop.untilClosed();
    expect(await readIncident(stage().db, id)).toMatchObject({ outcome: 'pr-merged-rolled-back' });
    expect((await cli('repair', 'show', id)).text).toMatch(/Rolled back .* by .*@/);
    expect(await cli('repair', 'rollback', id, '--yes')).toMatchObject({
      code: 0,
      data: { changed: false },
    });
  });

  test('parks it by the kill switch, lets it go on, and rejects it with a reason', async () => {
    const { shop, id } = await asking();

    const on = await cli('kill-switch', 'on', '--reason', 'let us look');
    expect(on).toMatchObject({ code: 0, data: { changed: true } });
    await shop.until('a parked repair', ({ stage: now }) => now === 'parked');
    expect((await cli('repair', 'show', id)).text).toMatch(/Parked by .*@.*\. let us look/);
    await cli('kill-switch', 'off');
    await shop.until('the question again', ({ stage: now }) => now === 'awaiting-approval');

    const rejected = await cli('reject', shop.source, '--yes', '--reason', 'the site is moving');
    expect(rejected).toMatchObject({ code: 0, data: { verdict: 'reject' } });
    expect(await readIncident(stage().db, id)).toMatchObject({
      state: 'closed',
      outcome: 'pr-rejected',
      becauseClosed: expect.stringContaining('the site is moving') as string,
    });
    expect((await cli('approve', id, '--yes')).text).toMatch(/^AlreadyDecided: /);
  });
});

describe('guidance', () => {
  test('is taken where no fix was found, and refused where one waits', async () => {
    const { shop, id } = await asking();
    expect((await cli('repair', 'guide', id, '--text', 'title: h2')).text).toMatch(/^NotAllowed: /);

    const changed = await cli(
      'repair',
      'request-changes',
      id,
      '--yes',
      '--reason',
      'not the title',
    );
    expect(changed).toMatchObject({ code: 0, data: { verdict: 'request-changes' } });
    await shop.until('a question for help', ({ stage: now }) => now === 'awaiting-guidance');
    expect((await cli('repair', 'show', id)).text).toContain('What helps? Asked of anyone until');
    const guided = await cli('repair', 'guide', id, '--text', 'title: h2.item__name');
    expect(guided).toMatchObject({ code: 0, data: { incident: id, attempt: 3 } });
  });
});
