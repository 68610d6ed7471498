import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import {
  closeIncident,
  noteRepair,
  readIncident,
  recordIncidentStage,
} from '../../adapters/postgres/incidents.ts';
import { reportFailure, type ReportedFailure } from '../../adapters/postgres/report-failure.ts';
import { storeDefinition } from '../../adapters/postgres/revisions.ts';
import { holdSet } from '../../adapters/postgres/held-sets.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { readRepairSwitch } from '../../adapters/postgres/repair-switch.ts';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import type { RepairOutcome } from '../../workflows/repair/outcome.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';
import { withDatabase } from '../set-up/postgres.ts';
import { sharedServer } from '../set-up/servers.ts';
import { runHere, type Said } from './in-process.ts';
import { registerNamespace } from './namespace.ts';

// No worker serves the namespace: what the rows say must be enough.

const url = withDatabase();
let db: Database;
let temporal: Temporal;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
  const address = await sharedServer('temporal');
  const namespace = `repairs-${randomUUID().slice(0, 8)}`;
  await registerNamespace(address, namespace);
  temporal = connectTemporal({ address, namespace });
});
afterAll(async () => {
  await temporal.close();
  await db.destroy();
});
beforeEach(async () => {
  await sql`truncate incidents, systemic_incidents, repair_switch, gate_rearms, held_sets, held_documents`.execute(
    db,
  );
});

const cli = (...argv: readonly string[]): Promise<Said> =>
  runHere({ db, temporal: async () => temporal }, argv);

const BECAUSE = 'The required field "price" is missing on every record: 0 of 24 had it.';

async function open(overrides: Partial<ReportedFailure> = {}): Promise<string> {
  const failure: ReportedFailure = {
    v: 1,
    tenant: 'default',
    source: 'shop',
    name: 'SelectorMissing',
    fingerprint: 'f00d4bad'.repeat(8),
    runId: 'collect:shop-1',
    specDigest: 'spec-1',
    definitionDigest: 'definition-1',
    detector: 'required-field',
    fields: ['price'],
    because: BECAUSE,
    atMs: Date.now(),
    heals: true,
    ...overrides,
  };
  return (await db.transaction().execute((tx) => reportFailure(tx, failure))).incident;
}

async function closed(outcome: RepairOutcome): Promise<string> {
  const id = await open();
  await closeIncident(db, id, outcome, 'It is over.');
  return id;
}

describe('repairs', () => {
  test('are listed, the open ones first, and those that ended with how', async () => {
    expect((await cli('repairs')).text).toBe('Nothing is being repaired.');
    const other = await open({ source: 'news', fingerprint: 'beef'.repeat(16) });
    await closeIncident(db, other, 'recovered', 'Run "r" was good.');
    const id = await open();
    await recordIncidentStage(db, id, 'awaiting-approval');

    const { text, data } = await cli('repairs');

    expect(text).toMatch(
      /INCIDENT +STAGE[^]*shop-f00d4bad +awaiting-approval[^]*ENDED[^]*recovered/,
    );
    expect(text).toContain('npm run cli -- repair show shop-f00d4bad');
    expect(data).toMatchObject({
      open: [{ id }],
      closed: [{ id: other }],
      killSwitch: { on: false },
    });
    expect((await cli('repairs', 'news')).data).toMatchObject({
      open: [],
      closed: [{ id: other }],
    });
  });

  test('that wait for people are among the approvals', async () => {
    const id = await open();
    await recordIncidentStage(db, id, 'awaiting-guidance');

    const { text, data } = await cli('approvals');

    expect(text).toContain('shop  what helps?');
    expect(text).toContain(`npm run cli -- repair guide ${id}`);
    expect(data).toMatchObject([{ kind: 'repair', incident: id, state: 'open' }]);
  });

  test('are shown from the rows, which says so, where no repair runs', async () => {
    const id = await open();
    const atMs = Date.parse('2026-11-20T12:00:00Z');
    await noteRepair(db, id, {
      facts: ['5 failing pages were kept.'],
      deployed: { patchDigest: 'a', decidedBy: 'ana@laptop', proven: false, atMs },
    });

    for (const wanted of [id, 'shop', 'shop-f0']) {
      const { text } = await cli('repair', 'show', wanted);
      for (const part of [
        `${id}  shop: SelectorMissing`,
        BECAUSE,
        '5 failing pages were kept.',
        'Deployed 2026-11-20 12:00 UTC, decided by ana@laptop (not proven).',
        'This is what the database says: no repair of the source runs.',
      ])
        expect(text).toContain(part);
    }
  });

  test('that were taken back later are not shown as healed', async () => {
    const id = await closed('pr-merged-unchanged');
    await noteRepair(db, id, {
      deployed: { patchDigest: 'a', decidedBy: 'gate', proven: true, atMs: 1 },
      rolledBack: { patchDigest: 'a', by: 'ana', because: 'wrong', atMs: 2 },
    });

    expect((await cli('repairs')).text).toContain('rolled back after pr-merged-unchanged');
    const narrow = await runHere({ db, temporal: async () => temporal, width: 80 }, ['repairs']);
    expect(narrow.text).toMatch(/ENDED +OUTCOME +FAILURE +WHEN\n\S+ +rolled back after /);
    const again = await cli('repair', 'rollback', id, '--yes');
    expect(again).toMatchObject({ code: 0, data: { changed: false } });
    expect(again.text).toContain('was rolled back before');
  });

  test.each([
    ['repair', 'show', 'nothing'],
    ['repair', 'rollback', 'nothing', '--yes'],
    ['repair', 'extend', 'nothing'],
    ['repair', 'guide', 'nothing', '--text', 'title: h1'],
    ['repair', 'request-changes', 'nothing', '--reason', 'no'],
  ])('%s %s names what is not there', async (...argv) => {
    const { code, text } = await cli(...argv);

    expect(code).toBe(1);
    expect(text).toMatch(/^NotFound: There is no incident "nothing"/);
  });

  test('the beginning of several ids is told', async () => {
    await open();
    await open({ source: 'shoes', fingerprint: 'beef'.repeat(16) });

    const { text } = await cli('repair', 'show', 'sho');

    expect(text).toContain('"sho" begins the ids of 2 incidents.');
  });

  test('that fail again while they are quiet are said to be', async () => {
    const id = await closed('pr-merged-rolled-back');
    const shown = await cli('repair', 'show', 'shop');
    expect(shown.text).toMatch(/The same break is quiet until .* UTC: until/);
    expect((await cli('repairs')).text).not.toContain('is quiet');

    await open({ runId: 'collect:shop-2' });

    const line = /The same break is quiet until \d{4}-.* UTC \(1 failing run since\)/;
    expect((await cli('repair', 'show', 'shop')).text).toMatch(line);
    expect((await cli('repairs')).text).toMatch(new RegExp(`${id}: ${line.source}`));
    await sql`update incidents set closed_at = now() - interval '2 hours'`.execute(db);
    expect((await cli('repair', 'show', 'shop')).text).not.toContain('is quiet');
  });

  test('their worth is told in figures', async () => {
    await closed('auto-deployed-ok');

    const { text, data } = await cli('repairs', '--metrics');

    expect(text).toMatch(/1 incident ended within 30 days, 1 of them repairable/);
    expect(text).toMatch(/healed without a person +100 % of 1/);
    expect(data).toMatchObject({ closed: 1, selfHealing: 1 });
  });
});

describe('a decision about a repair that is over', () => {
  test.each([
    ['pr-rejected', 'AlreadyDecided'],
    ['pr-merged-unchanged', 'AlreadyDecided'],
    ['pr-expired', 'DeadlinePassed'],
    ['recovered', 'StaleDecision'],
  ] as const)('%s is refused as %s', async (outcome, name) => {
    const id = await closed(outcome);

    for (const verb of ['approve', 'reject']) {
      const { code, text } = await cli(verb, id, '--yes');
      expect(code).toBe(1);
      expect(text).toMatch(new RegExp(`^${name}: Incident "${id}" was closed as ${outcome} on`));
    }
  });

  test('has nothing to guide, to extend or to roll back', async () => {
    const id = await closed('alerted');

    expect((await cli('repair', 'guide', id, '--text', 'title: h1')).text).toMatch(
      /^StaleDecision/,
    );
    expect((await cli('repair', 'extend', id)).text).toMatch(/^StaleDecision/);
    expect((await cli('repair', 'rollback', id, '--yes')).text).toMatch(
      /^NotFound: No fix of incident ".*" was ever deployed: it is closed/,
    );
  });
});

describe('guidance', () => {
  test.each([
    ['prize: .price', '"prize" is no field of the extraction. Fields are: content, price, title.'],
    ['title: h1\nprice: p >> [', '"p >> [" of "price" is no CSS selector.'],
    ['it moved to the right', '"it moved to the right" names no field with a selector.'],
  ])(
    '"%s" is refused before it is sent, with an example of the failing field',
    async (said, why) => {
      const extract = { title: 'h1', price: '.price', content: 'main' };
      const definition = sourceDefinition({ id: 'shop', type: 'http', config: { extract } });
      const id = await open({ definitionDigest: await storeDefinition(db, definition) });

      const { code, text } = await cli('repair', 'guide', id, '--text', said);

      expect(code).toBe(2);
      expect(text).toContain(why);
      expect(text).toContain(`npm run cli -- repair guide ${id} --text "price: .price"`);
    },
  );
});

describe('what must be said is asked for', () => {
  test.each([
    [['repair', 'guide', 'shop']],
    [['repair', 'request-changes', 'shop']],
    [['repairs', 'rearm']],
    [['kill-switch', 'maybe']],
    [['reject', 'shop', '--class', 'wrong-dta']],
  ])('%j is wrong usage, with an example', async (argv) => {
    const { code, text } = await cli(...argv);

    expect(code).toBe(2);
    expect(text).toContain('npm run cli --');
  });
});

describe('the kill switch', () => {
  test('is turned on and off with who and why, and turned twice it stays', async () => {
    expect((await cli('kill-switch')).text).toContain('off: nobody has ever turned it on');

    const on = await cli('kill-switch', 'on', '--reason', 'a wrong fix went in');
    expect(on).toMatchObject({ code: 0, data: { changed: true, on: true } });
    expect((await cli('kill-switch', 'on')).data).toMatchObject({ changed: false });
    expect(await readRepairSwitch(db, 'default')).toMatchObject({
      on: true,
      reason: 'a wrong fix went in',
    });
    expect((await cli('repairs')).text).toContain('The kill switch is on');

    expect((await cli('kill-switch', 'off')).data).toMatchObject({ changed: true, on: false });
  });

  test('that is turned on without a reason says that others read of none', async () => {
    expect((await cli('kill-switch', 'on')).text).toContain('No reason was given');
    expect((await cli('kill-switch', 'on')).text).not.toContain('No reason was given');
    expect((await cli('kill-switch', 'off')).text).not.toContain('No reason was given');
  });

  test('of another tenant is another one', async () => {
    await cli('kill-switch', 'on', '--tenant', 'acme', '--reason', 'theirs');

    expect((await readRepairSwitch(db, 'acme')).on).toBe(true);
    expect((await readRepairSwitch(db, 'default')).on).toBe(false);
  });
});

test('deploys are armed again with a reason that is kept', async () => {
  const { code } = await cli('repairs', 'rearm', '--reason', 'one site had moved');

  const rows = await db.selectFrom('gate_rearms').selectAll().execute();
  expect({ code, rows }).toMatchObject({ code: 0, rows: [{ because: 'one site had moved' }] });
});

test('a storm is released once, and another name is told', async () => {
  for (let index = 0; index < 6; index += 1)
    await open({ source: `s${index}`, fingerprint: String(index).repeat(64), host: 'example.com' });
  const [storm] = ((await cli('repairs')).data as { storms: { id: string }[] }).storms;
  const handle = await temporal.client.workflow.start('repairSource', {
    workflowId: repairWorkflowId('default', 's3'),
    taskQueue: 'orchestration',
  });

  const released = await cli('repairs', '--release', storm?.id ?? '');
  const again = await cli('repairs', '--release', storm?.id ?? '');

  expect(released).toMatchObject({ code: 0, data: { released: storm?.id, woken: 1 } });
  expect(released.text).toContain('1 running repair told to look again now.');
  const { events = [] } = await handle.fetchHistory();
  const signals = (events ?? []).map((event) => event.workflowExecutionSignaledEventAttributes);
  expect(signals.map((one) => one?.signalName)).toContain('runFinished');
  await handle.terminate();
  expect(again.code).toBe(1);
  expect(again.text).toMatch(/^NotFound: No systemic incident/);
});

test('a fix that no repair asks about cannot be approved', async () => {
  const id = await open();
  await recordIncidentStage(db, id, 'awaiting-approval');

  const { text } = await cli('approve', id, '--yes');

  expect(text).toMatch(/^StaleDecision: Nothing is asked about incident/);
  expect((await readIncident(db, id))?.state).toBe('open');
});

test('a fix that is in force already was decided, by whom and when', async () => {
  const id = await open();
  await recordIncidentStage(db, id, 'probation');
  const atMs = Date.parse('2026-11-20T12:00:00Z');
  const deployed = { patchDigest: 'a', decidedBy: 'gate', proven: true, atMs };
  await noteRepair(db, id, { deployed });

  const { text } = await cli('approve', id, '--yes');

  expect(text).toMatch(
    /^AlreadyDecided: .* on 2026-11-20 12:00 UTC, decided by "gate": it is prob/,
  );
});

test('of a source that has both a held set and a fix, one must be named', async () => {
  const id = await open();
  await recordIncidentStage(db, id, 'awaiting-approval');
  await holdSet(db, {
    tenant: 'default',
    source: 'shop',
    kind: 'deletions',
    run: 'collect:shop-1',
    definitionDigest: 'definition-1',
    report: {
      kind: 'deletions',
      failure: 'EmptyResult',
      reason: '9 of 10 documents would be deleted.',
      digest: 'd1ge57'.padEnd(64, '0'),
      candidates: 9,
      live: 10,
      sample: [],
    },
    listingComplete: true,
    documents: [],
  });

  const { code, text } = await cli('approve', 'shop', '--yes');

  expect(code).toBe(1);
  expect(text).toContain(`"shop" may mean held set d1ge5700 or the fix of incident ${id}.`);
});
