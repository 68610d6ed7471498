import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { getEvidence } from '../../../adapters/evidence/evidence-store.ts';
import { closeIncident } from '../../../adapters/postgres/incidents.ts';
import type { RecentChange } from '../../../activities/repair/recent-changes.ts';
import { withCollecting } from '../collection/collecting.ts';
import { EVIDENCE } from '../collection/evidence-source.ts';
import { repairCase, type RepairCaseStage } from './repairing.ts';

const newSource = withCollecting();
let stage: RepairCaseStage;
afterEach(() => stage.close());

test('repair 2: a bundle says what happened before: revisions, fixes, and how earlier incidents ended', async () => {
  stage = await repairCase(newSource);
  const { db } = stage.source;
  const { reference, fix } = await stage.untilChosen();
  await stage.deploy(fix);
  const { patchDigest } = fix;
  await stage.act.rollbackFix({ ...reference, patchDigest, by: 'ana', because: 'Too dear.' });
  await closeIncident(db, reference.incident, 'auto-deployed-rolled-back', 'It was wrong.');
  await sql`update incidents set closed_at = closed_at - interval '2 hours' where id = ${reference.incident}`.execute(
    db,
  );
  await stage.run('again', 'failed');
  const next = await stage.reference();
  expect(next.incident).not.toBe(reference.incident);

  const { evidence, facts } = await stage.act.gatherEvidence(next);

  const { changes } = await bundleAt(evidence.key);
  const told = changes.entries.map(({ kind, what }) => `${kind}: ${what}`);
  expect(told).toEqual([
    `rollback: The fix of incident "${reference.incident}" was taken back, by "ana".`,
    `fix: A fix of incident "${reference.incident}" came into force, by "repair:${reference.incident}".`,
    expect.stringMatching(/^revision: Revision \d+ by "test" changed the definition/) as string,
    `outcome: Incident "${reference.incident}" of the same break ended auto-deployed-rolled-back; it was SelectorMissing.`,
  ]);
  expect(changes.dropped).toBe(0);
  expect(facts.join('\n')).toMatch(/Shortly before, at .*: The fix of incident .* was taken back/);
});

async function bundleAt(key: string) {
  const place = { ...EVIDENCE, key };
  const body = await getEvidence(stage.source.deps.objects, place, AbortSignal.timeout(60_000));
  return JSON.parse(body.toString('utf8')) as {
    readonly changes: { readonly entries: readonly RecentChange[]; readonly dropped: number };
  };
}
