import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deployFix } from '../../../activities/repair/deploy-fix.ts';
import type { RepairDependencies } from '../../../activities/repair/dependencies.ts';
import { digestOf } from '../../../adapters/definitions/digest.ts';
import { patchExtract } from '../../../adapters/definitions/patch-extract.ts';
import { specDigest } from '../../../adapters/definitions/spec-digest.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import {
  closeIncident,
  readIncident,
  reportFailure,
} from '../../../adapters/postgres/incidents.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { noteCandidate, saveCandidates } from '../../../adapters/postgres/repair-candidates.ts';
import { repairPolicyOf } from '../../../adapters/postgres/repair-policy.ts';
import { definitionOf, storeRevision } from '../../../adapters/postgres/revisions.ts';
import { activeFix } from '../../../adapters/postgres/spec-pointers.ts';
import type { DeployInput, Deployment } from '../../../workflows/repair/activities.ts';
import type { SpecPatch } from '../../../workflows/repair/patch.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());
beforeEach(async () => {
  await sql`truncate incidents, systemic_incidents, spec_pointers, spec_moves, repair_candidates, revisions, definitions cascade`.execute(
    db,
  );
});

const EXTRACT = { title: 'h1', content: 'main' };
const PATCH: SpecPatch = [
  { op: 'add', path: '/fields/title/locators/0', value: { css: '.headline' } },
];
const shop = sourceDefinition({
  id: 'shop',
  type: 'http',
  config: { urls: ['https://shop.example/'], extract: EXTRACT },
});
const apply = (definition = shop) =>
  storeRevision(db, { definitions: [definition], author: 'ana' });

/** An incident with a chosen fix, and the decision to deploy it. */
async function decided(): Promise<DeployInput> {
  await apply();
  const patched = patchExtract(EXTRACT, PATCH);
  const found = await definitionOf(db, 'shop');
  if ('refused' in patched || !found) throw new Error('The test has no case.');
  const spec = {
    from: specDigest('shop', EXTRACT) ?? '',
    to: specDigest('shop', patched.extract) ?? '',
  };
  const { incident } = await db.transaction().execute((tx) =>
    reportFailure(tx, {
      v: 1,
      tenant: 'default',
      source: 'shop',
      name: 'SelectorMissing',
      fingerprint: 'f00d4bad'.repeat(8),
      runId: 'run-1',
      specDigest: spec.from,
      definitionDigest: found.digest,
      detector: 'field-emptiness',
      fields: ['title'],
      because: 'Field "title" is empty.',
      atMs: Date.now(),
      heals: true,
      host: 'shop.example',
    }),
  );
  const patchDigest = digestOf(PATCH);
  const candidate = {
    incident,
    patchDigest,
    tenant: 'default',
    source: 'shop',
    attempt: 1,
    position: 0,
    patch: PATCH,
    fromSpecDigest: spec.from,
    specDigest: spec.to,
    definitionDigest: found.digest,
    strategies: ['similarity'],
    families: ['relocate'],
    explains: '',
    changedLines: 1,
    agree: 1,
    distinctPassing: 1,
  };
  await saveCandidates(db, [candidate]);
  await noteCandidate(db, candidate, { state: 'chosen' });
  const policyHash = (await repairPolicyOf(db, 'shop'))?.hash ?? '';
  return {
    tenant: 'default',
    source: 'shop',
    incident,
    patchDigest,
    policyHash,
    decidedBy: 'gate',
    proven: true,
  };
}

function run(input: DeployInput, startToCloseTimeoutMs = 60_000): Promise<Deployment> {
  const env = new MockActivityEnvironment(
    { startToCloseTimeoutMs },
    { logger: new DefaultLogger('ERROR', () => undefined) },
  );
  const deps = {
    db,
    schedules: { trigger: async () => undefined },
  } as unknown as RepairDependencies;
  return env.run(() => deployFix(input, deps)) as Promise<Deployment>;
}

const APPROVED = { decidedBy: 'ana', requestId: 'question-1' };

describe('a deployment', () => {
  test('is noted with its incident in the same transaction', async () => {
    const input = await decided();
    await run(input);

    expect(await activeFix(db, 'shop')).toMatchObject({ incident: input.incident });
    expect((await readIncident(db, input.incident))?.repair['deployed']).toMatchObject({
      decidedBy: 'gate',
    });
  });

  test('that comes after the end of its incident is refused', async () => {
    const input = await decided();
    await closeIncident(db, input.incident, 'pr-rejected', 'Rejected by ana.');

    await expect(run(input)).rejects.toThrow(/is over/);
    expect(await activeFix(db, 'shop')).toBeUndefined();
  });

  test('that was frozen for longer than its time is refused, whatever it knew before', async () => {
    const input = await decided();

    await expect(run(input, 0)).rejects.toThrow(/the time to deploy it was over/);
    expect(await activeFix(db, 'shop')).toBeUndefined();
  });

  test('under another policy than the one of its decision is refused, and nothing of it stays', async () => {
    const input = await decided();
    await apply({ ...shop, repair: { review: 'required' } });

    await expect(run(input)).rejects.toThrow(/policy of source "shop" has changed/);
    expect(await activeFix(db, 'shop')).toBeUndefined();
    expect((await readIncident(db, input.incident))?.repair['deployed']).toBeUndefined();
  });

  test('by the gate alone is refused while a systemic incident holds it; a person may', async () => {
    const input = await decided();
    await sql`insert into systemic_incidents (id, scope, key, because, breaks, last_failure_at)
      values ('storm-1', 'host', 'shop.example', '6 breaks.', 6, clock_timestamp())`.execute(db);

    await expect(run(input)).rejects.toThrow(/"storm-1" holds it/);
    expect(await activeFix(db, 'shop')).toBeUndefined();
    await run({ ...input, ...APPROVED });
    expect(await activeFix(db, 'shop')).toMatchObject({ incident: input.incident });
  });
});
