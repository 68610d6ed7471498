import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../adapters/definitions/digest.ts';
import { patchExtract } from '../../../adapters/definitions/patch-extract.ts';
import { specDigest } from '../../../adapters/definitions/spec-digest.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { readRepairSwitch, setRepairSwitch } from '../../../adapters/postgres/repair-switch.ts';
import {
  definitionOf,
  revisionInForce,
  storeRevision,
} from '../../../adapters/postgres/revisions.ts';
import { activeFix, activeFixes } from '../../../adapters/postgres/active-fix.ts';
import { deploySpec } from '../../../adapters/postgres/deploy-spec.ts';
import { rollbackSpec } from '../../../adapters/postgres/rollback-spec.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import type { SpecPatch } from '../../../workflows/repair/patch.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});

beforeEach(async () => {
  for (const table of ['spec_pointers', 'repair_switch', 'revisions', 'definitions'] as const)
    await db.deleteFrom(table).execute();
});

afterAll(async () => {
  await db.destroy();
});

type Extract = Readonly<Record<string, unknown>>;

/** Three specs of one source: what the files hold, the fix of it, and the fix of the fix. */
const OLD = { title: 'h1', content: 'main' };
const NEW = { title: { locators: ['.headline', 'h1'] }, content: 'main' };
const NEWER = { title: { locators: ['.headline', 'h1'] }, content: 'article' };

function shop(extract: Extract = OLD, overrides: Partial<SourceDefinition> = {}): SourceDefinition {
  const config = { urls: ['https://shop.example/'], extract };
  return sourceDefinition({ id: 'shop', type: 'http', config, ...overrides });
}

const other = sourceDefinition({ id: 'articles' });

const apply = (...definitions: readonly SourceDefinition[]) =>
  storeRevision(db, { definitions: [...definitions, other], author: 'ana' });

const TO_NEW: SpecPatch = [
  { op: 'add', path: '/fields/title/locators/0', value: { css: '.headline' } },
];
const TO_NEWER: SpecPatch = [
  { op: 'replace', path: '/fields/content/locators/0', value: { css: 'article' } },
];

function digest(extract: Extract): string {
  return specDigest('shop', extract) ?? 'none';
}

function deployment(from: Extract, patch: SpecPatch, incident = 'i-1') {
  const patched = patchExtract(from, patch);
  if ('refused' in patched) throw new Error(patched.refused);
  return {
    tenant: 'default',
    source: 'shop',
    incident,
    patch,
    patchDigest: digestOf(patch),
    from: digest(from),
    to: digest(patched.extract),
  };
}

const deploy = (from: Extract = OLD, patch = TO_NEW, incident = 'i-1') =>
  deploySpec(db, deployment(from, patch, incident));

async function inForce(): Promise<unknown> {
  return (await definitionOf(db, 'shop'))?.definition.config['extract'];
}

async function history(): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('spec_moves as m')
    .innerJoin('spec_pointers as p', 'p.id', 'm.pointer')
    .select(['p.incident', 'm.move', 'm.author'])
    .orderBy('m.id')
    .execute();
  return rows.map(({ incident, move, author }) => `${incident} ${move} ${author}`);
}

describe('a deployed fix', () => {
  test('is in force at once, by a revision of the repair, and every other source stays as it is', async () => {
    const { revision: before } = await apply(shop());

    const done = await deploy();

    expect(done).toMatchObject({ changed: true, standing: 'in-force', to: digest(NEW) });
    expect(await inForce()).toEqual(NEW);
    const after = await revisionInForce(db);
    expect(after).toMatchObject({ id: done.revision, author: 'repair:i-1' });
    expect(after?.sources['articles']).toBe(before.sources['articles']);
    expect(await activeFix(db, 'shop')).toMatchObject({
      incident: 'i-1',
      kind: 'fix',
      from: digest(OLD),
      to: digest(NEW),
      fromExtract: OLD,
      toExtract: NEW,
    });
  });

  test('is deployed once: a second call changes nothing and answers the same', async () => {
    await apply(shop());
    const first = await deploy();

    const second = await deploy();

    expect(second).toEqual({ ...first, changed: false });
    expect(await history()).toEqual(['i-1 deployed repair:i-1']);
  });

  test('is deployed once by two zombies at the same time', async () => {
    await apply(shop());

    const done = await Promise.all([deploy(), deploy(), deploy()]);

    expect(done.filter(({ changed }) => changed)).toHaveLength(1);
    expect(await history()).toHaveLength(1);
  });

  test('stays in force when the same files are applied, without a new revision', async () => {
    await apply(shop());
    await deploy();
    const before = await revisionInForce(db);

    const again = await apply(shop());

    expect(again).toEqual({
      revision: before,
      changed: false,
      fixes: [{ source: 'shop', incident: 'i-1', kind: 'fix', became: 'kept' }],
    });
    expect(await inForce()).toEqual(NEW);
  });

  test('stays in force when something else of the source changes in the files', async () => {
    await apply(shop());
    await deploy();

    const { changed } = await apply(shop(OLD, { title: 'The shop' }));

    expect(changed).toBe(true);
    expect((await definitionOf(db, 'shop'))?.definition).toEqual(shop(NEW, { title: 'The shop' }));
  });

  test('stays in force when the files spell the same spec in another way', async () => {
    await apply(shop());
    await deploy();

    const { changed } = await apply(
      shop({ content: { type: 'html', locators: ['main'] }, title: 'h1' }),
    );

    expect(changed).toBe(false);
    expect(await inForce()).toEqual(NEW);
  });

  test('has landed when the files contain it, in whatever spelling', async () => {
    await apply(shop());
    await deploy();
    const spelt = { ...NEW, title: { type: 'text', locators: ['.headline', 'h1'] } };

    const { fixes } = await apply(shop(spelt));

    expect(fixes).toMatchObject([{ incident: 'i-1', became: 'landed' }]);
    expect(await inForce()).toEqual(spelt);
    expect(await activeFixes(db)).toEqual([]);
    expect(await history()).toEqual(['i-1 deployed repair:i-1', 'i-1 landed ana']);
  });

  test('gives way when the files say something else', async () => {
    await apply(shop());
    await deploy();
    const mended = { title: 'h2', content: 'main' };

    const { fixes } = await apply(shop(mended));

    expect(fixes).toMatchObject([{ incident: 'i-1', became: 'superseded' }]);
    expect(await inForce()).toEqual(mended);
    expect((await apply(shop())).fixes).toBeUndefined();
    expect(await inForce()).toEqual(OLD);
  });

  test('gives way when the source leaves the files, loses its extraction, or changes its tenant', async () => {
    for (const files of [
      [],
      [shop(OLD, { config: { urls: [] } })],
      [shop(OLD, { tenant: 'acme' })],
    ]) {
      await db.deleteFrom('spec_pointers').execute();
      await apply(shop());
      await deploy();

      const { fixes } = await apply(...files);

      expect(fixes).toMatchObject([{ became: 'superseded' }]);
    }
  });

  test('follows the files when they go back behind it after it has landed', async () => {
    await apply(shop());
    await deploy();
    await apply(shop(NEW));

    await apply(shop());

    expect(await inForce()).toEqual(OLD);
  });
});

describe('a deploy is refused and changes nothing', () => {
  async function refused(wanted: Parameters<typeof deploySpec>[1]): Promise<unknown> {
    const before = await revisionInForce(db);
    const error: unknown = await deploySpec(db, wanted).catch((thrown: unknown) => thrown);
    expect(await revisionInForce(db)).toEqual(before);
    expect(await history()).toEqual([]);
    return error;
  }

  test('when the spec moved meanwhile', async () => {
    await apply(shop({ title: 'h2', content: 'main' }));

    expect(await refused(deployment(OLD, TO_NEW))).toMatchObject({
      type: 'StaleDecision',
      message: expect.stringContaining('another spec is in force') as string,
    });
  });

  test('when the source left the definitions, or is of another tenant', async () => {
    await apply();
    expect(await refused(deployment(OLD, TO_NEW))).toMatchObject({ type: 'StaleDecision' });
    await apply(shop(OLD, { tenant: 'acme' }));
    expect(await refused(deployment(OLD, TO_NEW))).toMatchObject({ type: 'StaleDecision' });
  });

  test('when the patch gives another spec than the one that was decided', async () => {
    await apply(shop());

    const forged = { ...deployment(OLD, TO_NEW), patch: TO_NEWER };

    expect(await refused(forged)).toMatchObject({
      type: 'StaleDecision',
      message: expect.stringContaining('does not give the spec that was decided') as string,
    });
  });

  test('when the patch is none', async () => {
    await apply(shop());

    const patch = [{ op: 'add', path: '/source', value: 'x' }] as unknown as SpecPatch;

    expect(await refused({ ...deployment(OLD, TO_NEW), patch })).toMatchObject({
      type: 'InvalidAgentOutput',
    });
  });

  test('while the kill switch of its tenant is on, and not while another one is', async () => {
    await apply(shop());
    const turn = { on: true, by: 'ana', reason: 'a bad release' };
    await setRepairSwitch(db, { tenant: 'default', ...turn });

    expect(await refused(deployment(OLD, TO_NEW))).toMatchObject({
      type: 'PolicyDenied',
      message: expect.stringMatching(
        /kill switch is on since .* by ana \(a bad release\)/,
      ) as string,
    });

    await setRepairSwitch(db, { tenant: 'default', ...turn, on: false });
    await setRepairSwitch(db, { tenant: 'acme', ...turn });
    expect(await deploy()).toMatchObject({ changed: true });
  });
});

test('the kill switch remembers who turned it when, and turning it again changes nothing', async () => {
  expect(await readRepairSwitch(db, 'default')).toEqual({ on: false });
  const turn = { tenant: 'default', on: true, by: 'ana', reason: 'why' };

  const first = await setRepairSwitch(db, turn);
  const second = await setRepairSwitch(db, { ...turn, by: 'ben' });

  expect(first).toMatchObject({ changed: true, state: { on: true, by: 'ana', reason: 'why' } });
  expect(second).toEqual({ changed: false, state: first.state });
});

test('a repeat of a deploy that was done is answered while the kill switch is on', async () => {
  await apply(shop());
  await deploy();
  await setRepairSwitch(db, { tenant: 'default', on: true, by: 'ana', reason: 'why' });

  expect(await deploy()).toMatchObject({ changed: false, standing: 'in-force' });
  expect(await rollbackSpec(db, { incident: 'i-1' })).toMatchObject({ moved: true });
});

test('of two fixes for the same spec at the same time exactly one is deployed', async () => {
  await apply(shop());

  const done = await Promise.allSettled([deploy(OLD, TO_NEW, 'i-1'), deploy(OLD, TO_NEWER, 'i-2')]);

  expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(done.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { type: 'StaleDecision' },
  });
  expect(await history()).toHaveLength(1);
});

test('an apply and a deploy at the same time leave one of the two orders, never a mixture', async () => {
  for (let round = 0; round < 5; round += 1) {
    await db.deleteFrom('spec_pointers').execute();
    await apply(shop());
    const files = { title: 'h2', content: 'main' };

    const [, deployed] = await Promise.allSettled([apply(shop(files)), deploy()]);

    expect(await inForce()).toEqual(files);
    expect(await activeFixes(db)).toEqual([]);
    const refusals = deployed.status === 'rejected' ? [deployed.reason] : [];
    expect(refusals).toEqual(
      refusals.map(() => expect.objectContaining({ type: 'StaleDecision' })),
    );
  }
});

describe('a rollback', () => {
  test('puts the former spec in force, and a second one has nothing to do', async () => {
    await apply(shop());
    await deploy();

    const done = await rollbackSpec(db, { incident: 'i-1', author: 'ana' });
    const again = await rollbackSpec(db, { incident: 'i-1' });

    expect(done).toMatchObject({ moved: true, pinned: false, inForce: digest(OLD) });
    expect(again).toMatchObject({ moved: false });
    expect(await inForce()).toEqual(OLD);
    expect(await revisionInForce(db)).toMatchObject({ id: done.revision, author: 'ana' });
    expect(await history()).toEqual(['i-1 deployed repair:i-1', 'i-1 rolled-back ana']);
  });

  test('by many at the same time happens once', async () => {
    await apply(shop());
    await deploy();

    const done = await Promise.all([1, 2, 3].map(() => rollbackSpec(db, { incident: 'i-1' })));

    expect(done.filter(({ moved }) => moved)).toHaveLength(1);
  });

  test('is not undone by a zombie that deploys the same fix once more', async () => {
    await apply(shop());
    await deploy();
    await rollbackSpec(db, { incident: 'i-1' });

    expect(await deploy()).toMatchObject({ changed: false, standing: 'rolled-back' });
    expect(await inForce()).toEqual(OLD);
  });

  test('keeps what else changed in the files since the deploy', async () => {
    await apply(shop());
    await deploy();
    await apply(shop(OLD, { title: 'The shop' }));

    await rollbackSpec(db, { incident: 'i-1' });

    expect((await definitionOf(db, 'shop'))?.definition).toEqual(shop(OLD, { title: 'The shop' }));
    expect(await apply(shop(OLD, { title: 'The shop' }))).toMatchObject({ changed: false });
  });

  test('of a fix that has landed keeps it out until the files no longer hold it', async () => {
    await apply(shop());
    await deploy();
    await apply(shop(NEW));

    const done = await rollbackSpec(db, { incident: 'i-1' });

    expect(done).toMatchObject({ moved: true, pinned: true });
    expect(await inForce()).toEqual(OLD);
    expect(await activeFix(db, 'shop')).toMatchObject({ kind: 'revert', incident: 'i-1' });
    const again = await apply(shop(NEW));
    expect(again).toMatchObject({ changed: false, fixes: [{ kind: 'revert', became: 'kept' }] });
    expect(await rollbackSpec(db, { incident: 'i-1' })).toMatchObject({ moved: false });
    expect(await inForce()).toEqual(OLD);

    const gone = await apply(shop());
    expect(gone).toMatchObject({ changed: false, fixes: [{ kind: 'revert', became: 'landed' }] });
    // Whoever writes it into the files once more has decided so.
    await apply(shop(NEW));
    expect(await inForce()).toEqual(NEW);
    expect(await history()).toEqual([
      'i-1 deployed repair:i-1',
      'i-1 landed ana',
      'i-1 rolled-back repair:i-1',
      'i-1 pinned repair:i-1',
      'i-1 landed ana',
    ]);
  });

  test('keeps the fix out of files that bring it late, until they no longer hold it', async () => {
    await apply(shop());
    await deploy();
    await rollbackSpec(db, { incident: 'i-1' });

    const late = await apply(shop(NEW));

    expect(late).toMatchObject({ changed: false, fixes: [{ kind: 'revert', became: 'kept' }] });
    expect(await inForce()).toEqual(OLD);
    expect((await apply(shop(NEW, { title: 'The shop' }))).fixes).toMatchObject([
      { kind: 'revert', became: 'kept' },
    ]);
    expect(await inForce()).toEqual(OLD);
    await apply(shop());
    await apply(shop(NEW));
    expect(await inForce()).toEqual(NEW);
  });

  test('does not stand in the way of files that go elsewhere first', async () => {
    await apply(shop());
    await deploy();
    await rollbackSpec(db, { incident: 'i-1' });
    await apply(shop({ title: 'h2', content: 'main' }));

    await apply(shop(NEW));

    expect(await inForce()).toEqual(NEW);
  });

  test('of an incident that deployed nothing, or whose fix gave way, has nothing to do', async () => {
    expect(await rollbackSpec(db, { incident: 'unknown' })).toEqual({
      moved: false,
      pinned: false,
    });
    await apply(shop());
    await deploy();
    const files = { title: 'h2', content: 'main' };
    await apply(shop(files));

    expect(await rollbackSpec(db, { incident: 'i-1' })).toMatchObject({ moved: false });
    expect(await inForce()).toEqual(files);
  });

  test('of a landed fix that the files have left since has nothing to do', async () => {
    await apply(shop());
    await deploy();
    await apply(shop(NEW));
    await apply(shop(OLD));

    expect(await rollbackSpec(db, { incident: 'i-1' })).toMatchObject({ moved: false });
    expect(await inForce()).toEqual(OLD);
  });

  test('of a source that left the definitions has nothing to do', async () => {
    await apply(shop());
    await deploy();
    await apply();

    expect(await rollbackSpec(db, { incident: 'i-1' })).toMatchObject({ moved: false });
  });
});

describe('a fix on top of a fix', () => {
  beforeEach(async () => {
    await apply(shop());
    await deploy(OLD, TO_NEW, 'i-1');
    await deploy(NEW, TO_NEWER, 'i-2');
  });

  test('stays in force over the files before both, and over those that contain the first', async () => {
    expect(await inForce()).toEqual(NEWER);
    expect(await apply(shop(OLD))).toMatchObject({ changed: false });
    expect(await activeFix(db, 'shop')).toMatchObject({ from: digest(OLD), to: digest(NEWER) });

    const { fixes } = await apply(shop(NEW));

    expect(fixes).toMatchObject([
      { incident: 'i-1', became: 'landed' },
      { incident: 'i-2', became: 'kept' },
    ]);
    expect(await inForce()).toEqual(NEWER);
    expect(await activeFix(db, 'shop')).toMatchObject({ from: digest(NEW), to: digest(NEWER) });
  });

  test('lands with the one below it', async () => {
    const { fixes } = await apply(shop(NEWER));

    expect(fixes).toMatchObject([{ became: 'landed' }, { became: 'landed' }]);
  });

  test('goes first: until then the one below is not rolled back', async () => {
    await expect(rollbackSpec(db, { incident: 'i-1' })).rejects.toMatchObject({
      type: 'StaleDecision',
      message: expect.stringContaining('of incident "i-2". Roll that one back first.') as string,
    });
    expect(await inForce()).toEqual(NEWER);

    await rollbackSpec(db, { incident: 'i-2' });
    expect(await inForce()).toEqual(NEW);
    expect(await apply(shop(OLD))).toMatchObject({ changed: false });

    await rollbackSpec(db, { incident: 'i-1' });
    expect(await inForce()).toEqual(OLD);
  });

  test('stays out of late files when both were rolled back', async () => {
    await rollbackSpec(db, { incident: 'i-2' });
    await rollbackSpec(db, { incident: 'i-1' });

    await apply(shop(NEWER));

    expect(await inForce()).toEqual(OLD);
    await apply(shop(OLD));
    expect(await activeFixes(db)).toEqual([]);
  });

  test('protects the one below also when both have landed', async () => {
    await apply(shop(NEWER));

    await expect(rollbackSpec(db, { incident: 'i-1' })).rejects.toThrow(
      'of incident "i-2". Roll that one back first.',
    );
    await rollbackSpec(db, { incident: 'i-2' });
    await rollbackSpec(db, { incident: 'i-1' });

    // The files hold both, and neither is in force.
    expect(await inForce()).toEqual(OLD);
    expect(await apply(shop(NEWER))).toMatchObject({ changed: false });
    expect(await inForce()).toEqual(OLD);
  });
});

test('a second attempt of an incident is rolled back together with the first one', async () => {
  await apply(shop());
  await deploy(OLD, TO_NEW, 'i-1');
  await deploy(NEW, TO_NEWER, 'i-1');

  await rollbackSpec(db, { incident: 'i-1' });

  expect(await inForce()).toEqual(OLD);
  expect(await activeFixes(db)).toEqual([]);
});

test('a new fix goes over the pin of a reverted one', async () => {
  await apply(shop());
  await deploy();
  await apply(shop(NEW));
  await rollbackSpec(db, { incident: 'i-1' });

  await deploy(OLD, TO_NEWER, 'i-2');

  const fixed = { title: 'h1', content: 'article' };
  expect(await inForce()).toEqual(fixed);
  await apply(shop(NEW));
  expect(await inForce()).toEqual(fixed);
  await apply(shop(OLD));
  expect(await inForce()).toEqual(fixed);
  expect(await activeFix(db, 'shop')).toMatchObject({ incident: 'i-2', from: digest(OLD) });
});
