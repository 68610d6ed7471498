import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { loadEvidence } from '../../../activities/repair/load-evidence.ts';
import { noteNotice } from '../../../adapters/postgres/notices.ts';
import { failedRepairsSince } from '../../../adapters/postgres/repair-history.ts';
import { activeFix } from '../../../adapters/postgres/active-fix.ts';
import { definitionOf } from '../../../adapters/postgres/revisions.ts';
import { withCollecting } from '../collection/collecting.ts';
import { MOVED_PRICE, repairCase, type RepairCaseStage } from './repairing.ts';

const newSource = withCollecting();
const stages: RepairCaseStage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

const STABLE = {
  name: { type: 'text', stable: true, locators: '.product .name' },
  price: { type: 'number', stable: true, locators: '.product .price' },
};

async function newCase(options: Parameters<typeof repairCase>[1] = {}) {
  const stage = await repairCase(newSource, options);
  stages.push(stage);
  return stage;
}

describe('deploying a fix', () => {
  test('twice is one deployment, also when the policy has changed in between', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    const { policyHash } = await stage.act.openRepair(reference);
    const input = {
      ...reference,
      patchDigest: fix.patchDigest,
      policyHash,
      decidedBy: 'gate',
      proven: false,
    };
    const first = await stage.act.deployFix(input);
    // The worker died before it answered, and somebody applied another policy.
    await stage.apply({}, { version: 1, quorum: 2 });
    const second = await stage.act.deployFix(input);
    expect(second).toMatchObject({ revision: first.revision, deployedAtMs: first.deployedAtMs });
    expect(await stage.act.openRepair(reference)).toMatchObject({
      deployed: { patchDigest: fix.patchDigest, atMs: first.deployedAtMs },
    });
  });

  test('under another policy than that of its decision is denied', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    const { policyHash } = await stage.act.openRepair(reference);
    await stage.apply({}, { version: 1, quorum: 2 });
    const input = {
      ...reference,
      patchDigest: fix.patchDigest,
      policyHash,
      decidedBy: 'gate',
      proven: false,
    };
    await expect(stage.act.deployFix(input)).rejects.toMatchObject({ type: 'PolicyDenied' });
    expect(await activeFix(stage.source.db, stage.source.id)).toBeUndefined();
  });

  test('what was rolled back is not deployed again by the same decision', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    await stage.deploy(fix);
    const { patchDigest } = fix;
    await stage.act.rollbackFix({ ...reference, patchDigest, because: 'wrong', by: 'ana' });
    await expect(stage.deploy(fix)).rejects.toMatchObject({ type: 'StaleDecision' });
    expect(await activeFix(stage.source.db, stage.source.id)).toBeUndefined();
  });

  test('a rollback that runs twice moves once', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    await stage.deploy(fix);
    const order = { ...reference, patchDigest: fix.patchDigest, because: 'wrong', by: 'ana' };
    expect(await stage.act.rollbackFix(order)).toMatchObject({ moved: true });
    expect(await stage.act.rollbackFix(order)).toMatchObject({ moved: false });
  });
});

describe('probation', () => {
  test('runs on the fix are good, by records, fields and values that must not change', async () => {
    const stage = await newCase({ extract: STABLE });
    const { reference, fix } = await stage.untilChosen();
    await stage.deploy(fix);
    await stage.run('one');
    await stage.run('two');
    const { runs, superseded } = await stage.act.watchProbation({ ...reference, ...fix });
    expect(runs).toMatchObject([{ verdict: 'good' }, { verdict: 'good' }]);
    expect(superseded).toBeUndefined();
  });

  test('values that must not change and did are bad', async () => {
    const stage = await newCase({ extract: STABLE });
    const { reference, fix } = await stage.untilChosen();
    await stage.deploy(fix);
    stage.change((html) => MOVED_PRICE(html).replace('.50', '.75'));
    await stage.run('other-prices');
    const { runs } = await stage.act.watchProbation({ ...reference, ...fix });
    expect(runs).toMatchObject([{ verdict: 'bad' }]);
  });

  test('the baseline is that of before the break, however many runs have failed since', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    for (let at = 0; at < 65; at += 1) await failedRun(stage, `wait-${at}`);
    await stage.deploy(fix);
    await stage.run('one');
    const { runs } = await stage.act.watchProbation({ ...reference, ...fix });
    expect(runs.at(-1)).toMatchObject({ verdict: 'good' });
  });

  test('where people collect something else by now, nothing is compared', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    await stage.deploy(fix);
    const inForce = await definitionOf(stage.source.db, stage.source.id);
    const config = inForce?.definition.config ?? {};
    const [url] = config['urls'] as string[];
    const { config: written } = stage.source.definition();
    await stage.apply({ config: { ...written, urls: [url] } });
    await stage.run('one-page');
    const { runs } = await stage.act.watchProbation({ ...reference, ...fix });
    expect(runs).toMatchObject([{ verdict: 'inconclusive' }]);
  });

  test('a fix that the files replaced is said to be superseded', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    await stage.deploy(fix);
    const { config } = stage.source.definition();
    const extract = { ...(config['extract'] as object), name: 'h1' };
    await stage.apply({ config: { ...config, extract } });
    const reading = await stage.act.watchProbation({ ...reference, ...fix });
    expect(reading.superseded).toContain('Another extraction');
  });
});

describe('samples of runs on a fix', () => {
  test('are no measure before probation has ended well, and are one then', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    await stage.deploy(fix);
    await stage.run('one');
    expect(await goodBodies(stage)).not.toContain('class="cost"');
    await stage.act.closeIncident({ ...reference, ...end('pr-merged-unchanged', fix.patchDigest) });
    expect(await goodBodies(stage)).toContain('class="cost"');
  });

  test('of one that was rolled back never are, also when it was thought good before', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    await stage.deploy(fix);
    await stage.run('one');
    const { patchDigest } = fix;
    await stage.act.closeIncident({ ...reference, ...end('pr-merged-unchanged', patchDigest) });
    await stage.run('two');
    await stage.act.rollbackFix({ ...reference, patchDigest, because: 'wrong', by: 'ana' });
    expect(await goodBodies(stage)).not.toContain('class="cost"');
  });
});

describe('the end of an incident', () => {
  test('a rollback after a success relabels, and keeps the end', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    const { patchDigest } = fix;
    await decided(stage, fix.patchDigest);
    await stage.deploy(fix);
    const close = (outcome: Parameters<typeof end>[0]) =>
      stage.act.closeIncident({ ...reference, ...end(outcome, patchDigest) });
    expect(await close('auto-deployed-ok')).toEqual({ outcome: 'auto-deployed-ok' });
    expect(await label(stage)).toEqual({ label: 'success', rolled_back: false });
    await stage.act.rollbackFix({ ...reference, patchDigest, because: 'wrong', by: 'ana' });
    expect(await close('auto-deployed-rolled-back')).toEqual({
      outcome: 'auto-deployed-rolled-back',
    });
    expect(await label(stage)).toEqual({ label: 'failure', rolled_back: true });
    const about = { tenant: 'default', source: stage.source.id };
    expect(await failedRepairsSince(stage.source.db, about, new Date(0))).toBe(1);
  });

  test('a later end that is no rollback changes nothing', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    await decided(stage, fix.patchDigest);
    const close = (outcome: Parameters<typeof end>[0]) =>
      stage.act.closeIncident({ ...reference, ...end(outcome, fix.patchDigest) });
    await close('pr-rejected');
    expect(await close('pr-merged-unchanged')).toEqual({ outcome: 'pr-rejected' });
    expect(await label(stage)).toEqual({ label: 'failure', rolled_back: false });
  });

  test('a question about deletions of the source stays open', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    const { db } = stage.source;
    const notice = {
      tenant: 'default',
      source: stage.source.id,
      what: 'Delete 3?',
      command: 'x',
      since: new Date(),
    };
    await noteNotice(db, { ...notice, kind: 'approval-waiting', subject: 'a-digest' });
    await noteNotice(db, {
      ...notice,
      kind: 'approval-waiting',
      subject: `${reference.incident}#question.1`,
    });
    await stage.act.closeIncident({ ...reference, ...end('pr-rejected', fix.patchDigest) });
    const open = await db
      .selectFrom('notices')
      .select('subject')
      .where('source', '=', stage.source.id)
      .where('kind', '=', 'approval-waiting')
      .where('closed_at', 'is', null)
      .execute();
    expect(open).toEqual([{ subject: 'a-digest' }]);
  });

  test('of its alerts the newest alone is open, until it ends without needing anybody', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    const alert = (count: number) =>
      stage.act.tellOfRepair({
        ...reference,
        kind: 'alert',
        count,
        to: [],
        what: 'Nothing found.',
      });
    const alerts = async () =>
      (
        await stage.source.db
          .selectFrom('notices')
          .select('subject')
          .where('source', '=', stage.source.id)
          .where('kind', '=', 'repair-alert')
          .where('closed_at', 'is', null)
          .orderBy('subject')
          .execute()
      ).map(({ subject }) => subject.replace(`${reference.incident}#`, ''));

    for (const count of [2, 10]) await alert(count);
    expect(await alerts()).toEqual(['alert.10']);
    // The activity ran twice.
    await alert(10);
    expect(await alerts()).toEqual(['alert.10']);
    await stage.act.closeIncident({ ...reference, ...end('pr-rejected', fix.patchDigest) });
    expect(await alerts()).toEqual([]);
  });
});

function end(
  outcome: 'auto-deployed-ok' | 'auto-deployed-rolled-back' | 'pr-merged-unchanged' | 'pr-rejected',
  patchDigest: string,
) {
  return { outcome, because: 'A test says so.', patchDigest, byPerson: false } as const;
}

async function decided(stage: RepairCaseStage, patchDigest: string): Promise<void> {
  const { act } = stage;
  const candidate = { ...(await stage.reference()), patchDigest };
  const { evidence } = await act.readGate({ ...candidate, shadow: 'good', repro: 1 });
  const verdict = {
    decision: 'deploy',
    score: 4,
    probability: 0.98,
    shadowDeploy: true,
    stratum: evidence.stratum,
  };
  await act.recordDecision({
    ...candidate,
    attempt: 1,
    verdict: verdict as never,
    policyHash: 'x',
  });
}

function label({ source }: RepairCaseStage) {
  return source.db
    .selectFrom('repair_outcomes')
    .select(['label', 'rolled_back'])
    .where('source', '=', source.id)
    .executeTakeFirst();
}

async function goodBodies({ source }: RepairCaseStage): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  const question = {
    definition: source.definition(),
    run: `${source.id}:broken`,
    failure: 'SelectorMissing',
    fields: ['price'],
    signal,
  } as const;
  const loaded = await loadEvidence(question, source.deps);
  if (loaded.kind === 'nothing') throw new Error(loaded.because);
  return loaded.view.good.map(({ body }) => body).join('\n');
}

/** A run that read what the broken one has read, and failed. */
async function failedRun({ source }: RepairCaseStage, name: string): Promise<void> {
  const verdict = { status: 'failed', because: '', failure: 'SourceUnavailable' } as const;
  await source.finish(name, { verdict });
  const run = JSON.stringify({ run: `${source.id}:${name}` });
  await sql`
    insert into run_tallies select (jsonb_populate_record(t, ${run}::jsonb)).* from run_tallies t
    where t.run = ${`${source.id}:broken`}`.execute(source.db);
}
