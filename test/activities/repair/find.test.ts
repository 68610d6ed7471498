import { afterEach, describe, expect, test } from 'vitest';
import { specDigest } from '../../../adapters/definitions/spec-digest.ts';
import { noteRepair } from '../../../adapters/postgres/incidents.ts';
import { reportFailure } from '../../../adapters/postgres/report-failure.ts';
import { noteCandidate } from '../../../adapters/postgres/repair-candidates.ts';
import { storeDefinition, storeRevision } from '../../../adapters/postgres/revisions.ts';
import { withCollecting } from '../collection/collecting.ts';
import { PRODUCT_FIELDS, readOtherwiseThen } from '../collection/evidence-source.ts';
import { MOVED_PRICE, repairCase, type RepairCaseStage } from './repairing.ts';

const newSource = withCollecting();
const stages: RepairCaseStage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

async function newCase(options: Parameters<typeof repairCase>[1] = {}): Promise<RepairCaseStage> {
  const stage = await repairCase(newSource, options);
  stages.push(stage);
  return stage;
}

async function broken(options: Parameters<typeof repairCase>[1] = {}): Promise<RepairCaseStage> {
  const stage = await newCase(options);
  await stage.run('good');
  stage.change();
  await stage.run('broken', 'failed');
  return stage;
}

/** What travels through history. */
const bytesOf = (payload: unknown): number => Buffer.byteLength(JSON.stringify(payload));
const MAX_PAYLOAD = 8 * 1024;

describe('opening a repair', () => {
  test('an incident that nobody knows is an error that says so', async () => {
    const stage = await newCase();
    const unknown = { tenant: 'default', source: stage.source.id, incident: 'no-such' };
    for (const name of ['openRepair', 'gatherEvidence', 'readRecovery'] as const)
      await expect(stage.act[name](unknown)).rejects.toMatchObject({ type: 'NotFound' });
  });

  test('a source that has left the definitions is said, and not repaired', async () => {
    const stage = await broken();
    await storeRevision(stage.source.db, { definitions: [], author: 'test' });
    const opened = await stage.act.openRepair(await stage.reference());
    expect(opened.unhealable).toContain('has left the definitions');
    expect(opened.policy.phase).toBe('manual');
  });

  test('equal policies have equal hashes, also that of a source that has left', async () => {
    const stage = await broken();
    const reference = await stage.reference();
    await stage.apply({}, { version: 1, phase: 'manual' });
    const { policy, policyHash } = await stage.act.openRepair(reference);
    await storeRevision(stage.source.db, { definitions: [], author: 'test' });
    expect(await stage.act.openRepair(reference)).toMatchObject({ policy, policyHash });
  });

  test('an extraction that people changed meanwhile: its runs tell, and a good one ends the repair', async () => {
    const stage = await broken();
    const reference = await stage.reference();
    await mendByHand(stage, '.product .cost');
    const waiting = await stage.act.openRepair(reference);
    expect(waiting.wait?.because).toContain('another one than when');
    expect(await stage.act.readRecovery(reference)).toMatchObject({ recovered: false });
    await stage.run('mended');
    expect(await stage.act.readRecovery(reference)).toMatchObject({
      recovered: true,
      run: `${stage.source.id}:mended`,
    });
  });

  test('an extraction that people changed, and that fails too, has an incident of its own', async () => {
    const stage = await broken();
    const reference = await stage.reference();
    await mendByHand(stage, '.product .nothing');
    await stage.run('mended-badly', 'failed');
    const opened = await stage.act.openRepair(reference);
    expect(opened.unhealable).toContain('an incident of its own');
    expect((await stage.reference()).incident).not.toBe(reference.incident);
  });

  test('fits into history, whatever the spec and the policy hold', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 150 }, (_, at) => [`field_${at}_${'x'.repeat(30)}`, '.product .name']),
    );
    const stage = await broken({ extract: { ...PRODUCT_FIELDS, ...many } });
    const people = Array.from({ length: 20 }, (_, at) => `team:group-${at}`);
    const hours = [1, 2, 3, 4, 5].map((after) => ({ afterMs: after * 3_600_000, to: people }));
    await stage.apply({}, { version: 1, approvers: people, escalation: hours });
    expect(bytesOf(await stage.act.openRepair(await stage.reference()))).toBeLessThan(MAX_PAYLOAD);
  });
});

describe('reproducing a failure', () => {
  test('the kept pages fail twice in the same fields', async () => {
    const stage = await broken();
    const reproduction = await stage.act.reproduceFailure({
      ...(await stage.reference()),
      round: 1,
    });
    expect(reproduction).toMatchObject({ verdict: 'reproduced', strength: 1 });
    expect(reproduction.because).toContain('"price"');
  });

  test('a list that has shrunk, although every record that is left reads well', async () => {
    const page = (count: number): string =>
      `<ul>${Array.from({ length: count }, (_, at) => `<li class="item"><b>${at}</b><i>Text ${at}</i></li>`).join('')}</ul>`;
    const text = { type: 'text', cardinality: 'one', required: true, stable: false } as const;
    const extract = {
      records: '.item',
      id: { ...text, locators: ['b'] },
      content: { ...text, locators: ['i'] },
    };
    const stage = await newCase({ extract });
    stage.change(() => page(20));
    await stage.run('good');
    stage.change(() => page(2));
    await stage.run('shrunk', 'held');
    const incident = await incidentOf(stage, {
      run: 'shrunk',
      name: 'ContentShrank',
      fields: [''],
    });
    const reproduction = await stage.act.reproduceFailure({ ...incident, round: 1 });
    expect(reproduction).toMatchObject({ verdict: 'reproduced', strength: 1 });
  });

  test('a list whose body is the same as then, and whose records are read otherwise', async () => {
    const list = `<ul>${Array.from({ length: 20 }, (_, at) => `<li class="item"><b>00${at}</b><i>Text ${at}</i></li>`).join('')}</ul>`;
    const text = { type: 'text', cardinality: 'one', required: true } as const;
    const extract = {
      records: '.item',
      id: { ...text, stable: true, locators: ['b'] },
      content: { ...text, stable: false, locators: ['i'] },
    };
    const stage = await newCase({ extract });
    stage.change(() => list);
    await stage.run('good');
    const records = Array.from({ length: 20 }, (_, at) => ({
      // Of the same form, so that nothing but the comparison tells.
      id: `00${(at + 1) % 20}`,
      content: `Text ${at}`,
    }));
    await readOtherwiseThen(stage.source, { page: '%', records });
    await stage.run('again', 'held');
    const wrong = { run: 'again', name: 'SchemaDrift', fields: ['id'] };
    const incident = await incidentOf(stage, wrong);
    const reproduction = await stage.act.reproduceFailure({ ...incident, round: 1 });
    expect(reproduction).toMatchObject({ verdict: 'reproduced', strength: 1 });
    expect(reproduction.because).toContain('"id" failed');
  });

  test('values that look like none before, although nothing is missing', async () => {
    const stage = await newCase();
    await stage.run('good');
    stage.change((html) => html.replace('.50<', '000000<'));
    await stage.run('drifted', 'held');
    const incident = await incidentOf(stage, {
      run: 'drifted',
      name: 'SchemaDrift',
      fields: ['price'],
    });
    const reproduction = await stage.act.reproduceFailure({ ...incident, round: 1 });
    expect(reproduction.verdict).toBe('reproduced');
  });

  test('without a field of its own, an optional one that is always missing is no failure', async () => {
    const extract = { ...PRODUCT_FIELDS, note: { required: false, locators: '.nowhere' } };
    const stage = await newCase({ extract });
    await stage.run('good');
    await stage.run('odd', 'held');
    const incident = await incidentOf(stage, { run: 'odd', name: 'EmptyResult', fields: [] });
    const reproduction = await stage.act.reproduceFailure({ ...incident, round: 1 });
    expect(reproduction.verdict).toBe('not-reproduced');
  });

  test('without a kept body the pages are asked for once more, which proves half', async () => {
    const stage = await newCase({ overrides: { withoutEvidence: true } });
    await stage.run('good');
    stage.change();
    await stage.run('broken', 'failed');
    const reference = { ...(await stage.reference()), round: 1 };
    expect(await stage.act.reproduceFailure(reference)).toMatchObject({
      verdict: 'reproduced',
      strength: 0.5,
    });
    stage.change((html) => html);
    expect(await stage.act.reproduceFailure(reference)).toMatchObject({
      verdict: 'not-reproduced',
    });
  });

  test('while S3 is away nothing is said', async () => {
    const stage = await broken();
    const reference = { ...(await stage.reference()), round: 1 };
    stage.source.faults.push({ kind: 'error500', operation: 'GetObject' });
    await expect(stage.act.reproduceFailure(reference)).rejects.toMatchObject({
      type: expect.stringMatching(/Unavailable|Throttled/) as string,
    });
  });
});

describe('gathering evidence', () => {
  test('twice gives the same bundle', async () => {
    const stage = await broken();
    const reference = await stage.reference();
    const first = await stage.act.gatherEvidence(reference);
    expect(await stage.act.gatherEvidence(reference)).toEqual(first);
    expect(first.evidence.key).toContain('/bundles/');
  });

  test('without a place for it people have the facts, and the reason', async () => {
    const stage = await newCase({ overrides: { withoutEvidence: true } });
    await stage.run('good');
    stage.change();
    await stage.run('broken', 'failed');
    const { evidence, facts } = await stage.act.gatherEvidence(await stage.reference());
    expect(evidence).toMatchObject({ key: '', bytes: 0 });
    expect(facts.at(-1)).toContain('has no "evidence"');
  });

  test('a bucket that refuses ends no repair', async () => {
    const stage = await broken();
    stage.source.faults.push({ kind: 'access-denied', operation: 'PutObject' });
    const { evidence, facts } = await stage.act.gatherEvidence(await stage.reference());
    expect(evidence.key).toBe('');
    expect(facts.at(-1)).toContain('No evidence is kept');
  });
});

describe('proposing and checking fixes', () => {
  test('twice stores nothing twice, and says the same', async () => {
    const stage = await broken();
    const reference = await stage.reference();
    const { evidence } = await stage.act.gatherEvidence(reference);
    const input = { ...reference, attempt: 1, evidence, refused: [] };
    const [first, second] = await Promise.all([
      stage.act.proposeFixes(input),
      stage.act.proposeFixes(input),
    ]);
    expect(second).toEqual(first);
    const rows = await stage.source.db
      .selectFrom('repair_candidates')
      .select('patch_digest')
      .where('incident', '=', reference.incident)
      .execute();
    expect(rows).toHaveLength(first.candidates.length);
    expect(bytesOf(first)).toBeLessThan(MAX_PAYLOAD);
  });

  test('what failed a check, was bad in its shadow run or was rolled back is not proposed again', async () => {
    const stage = await broken();
    const { db } = stage.source;
    const reference = await stage.reference();
    const { evidence } = await stage.act.gatherEvidence(reference);
    const propose = async () => {
      const { candidates } = await stage.act.proposeFixes({
        ...reference,
        attempt: 2,
        evidence,
        refused: [],
      });
      return candidates.map(({ patchDigest }) => patchDigest);
    };
    const [patchDigest = ''] = await propose();
    const fix = { ...reference, patchDigest };
    await noteCandidate(db, fix, { state: 'failed' });
    expect(await propose()).not.toContain(patchDigest);
    await noteCandidate(db, fix, { state: 'chosen', proof: { verdict: 'bad' } });
    expect(await propose()).not.toContain(patchDigest);
    await noteCandidate(db, fix, { proof: { verdict: 'good' } });
    expect(await propose()).toContain(patchDigest);
    await noteRepair(db, reference.incident, { rolledBack: { patchDigest } });
    expect(await propose()).not.toContain(patchDigest);
  });

  test('the chosen fix and what the gate reads fit into history, in any script', async () => {
    const stage = await newCase();
    const foreign = (html: string): string =>
      html.replace('of the workshop', '工房の商品'.repeat(20));
    stage.change(foreign);
    await stage.run('good');
    stage.change((html) => MOVED_PRICE(foreign(html)));
    await stage.run('broken', 'failed');
    const reference = await stage.reference();
    const { evidence } = await stage.act.gatherEvidence(reference);
    const input = { ...reference, attempt: 1, evidence };
    const { candidates } = await stage.act.proposeFixes({ ...input, refused: [] });
    const digests = candidates.map(({ patchDigest }) => patchDigest);
    const checked = await stage.act.checkCandidates({ ...input, candidates: digests });
    expect(bytesOf(checked)).toBeLessThan(MAX_PAYLOAD);
    const patchDigest = checked.chosen?.patchDigest ?? '';
    const reading = await stage.act.readGate({
      ...reference,
      patchDigest,
      shadow: 'good',
      repro: 1,
    });
    expect(bytesOf(reading)).toBeLessThan(MAX_PAYLOAD);
  });
});

describe('the shadow run', () => {
  test('reads live pages with the fix, and stores nothing', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    const before = { keys: await stage.source.keys(), kept: await stage.source.kept() };
    const proof = await stage.act.proveFix({ ...reference, patchDigest: fix.patchDigest });
    expect(proof).toMatchObject({ verdict: 'good', pages: 10 });
    expect({ keys: await stage.source.keys(), kept: await stage.source.kept() }).toEqual(before);
  });

  test('of a site that is down proves nothing', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    for (let at = 0; at < 10; at += 1) stage.site.put(`/p${at}`, { status: 503 });
    const proof = await stage.act.proveFix({ ...reference, patchDigest: fix.patchDigest });
    expect(proof.verdict).toBe('inconclusive');
  });

  test('of pages that have changed once more is bad', async () => {
    const stage = await newCase();
    const { reference, fix } = await stage.untilChosen();
    stage.change((html) => html.replace('<p class="price">', '<p class="amount">'));
    const proof = await stage.act.proveFix({ ...reference, patchDigest: fix.patchDigest });
    expect(proof.verdict).toBe('bad');
  });
});

async function mendByHand(stage: RepairCaseStage, price: string): Promise<void> {
  const { config } = stage.source.definition();
  const extract = config['extract'] as Record<string, object>;
  const mended = { ...extract, price: { ...extract['price'], locators: [price] } };
  await stage.apply({ config: { ...config, extract: mended } });
}

/** An incident as a detector would have opened it. */
async function incidentOf(
  { source }: RepairCaseStage,
  {
    run,
    name,
    fields,
  }: { readonly run: string; readonly name: string; readonly fields: readonly string[] },
) {
  const { config } = source.definition();
  const definitionDigest = await storeDefinition(source.db, source.definition());
  const reported = await source.db.transaction().execute((tx) =>
    reportFailure(tx, {
      v: 1,
      tenant: 'default',
      source: source.id,
      name: name as 'EmptyResult',
      fingerprint: `${source.id}-${name}`,
      runId: `${source.id}:${run}`,
      specDigest: specDigest(source.id, config['extract']) ?? '',
      definitionDigest,
      detector: 'record-count',
      fields,
      because: 'A test says so.',
      atMs: Date.now(),
      heals: true,
    }),
  );
  return { tenant: 'default', source: source.id, incident: reported.incident };
}
