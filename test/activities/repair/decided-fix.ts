import { digestOf } from '../../../adapters/definitions/digest.ts';
import { patchExtract } from '../../../adapters/definitions/patch-extract.ts';
import { specDigest } from '../../../adapters/definitions/spec-digest.ts';
import type { Database } from '../../../adapters/postgres/database.ts';
import { reportFailure } from '../../../adapters/postgres/report-failure.ts';
import { noteCandidate, saveCandidates } from '../../../adapters/postgres/repair-candidates.ts';
import { repairPolicyOf } from '../../../adapters/postgres/repair-policy.ts';
import { definitionOf, storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { DeployInput } from '../../../workflows/repair/activities.ts';
import type { SpecPatch } from '../../../workflows/repair/patch.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';

const EXTRACT = { title: 'h1', content: 'main' };
const PATCH: SpecPatch = [
  { op: 'add', path: '/fields/title/locators/0', value: { css: '.headline' } },
];
export const shop = sourceDefinition({
  id: 'shop',
  type: 'http',
  config: { urls: ['https://shop.example/'], extract: EXTRACT },
});

export const apply = (db: Database, definition = shop) =>
  storeRevision(db, { definitions: [definition], author: 'ana' });

/** An incident with a chosen fix, and the decision to deploy it. */
export async function decidedFix(db: Database): Promise<DeployInput> {
  await apply(db);
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
