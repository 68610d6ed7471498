import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArena, type Arena } from './arena.ts';
import type { Evidence, RepairEvidence, RunEvidence, StoredObject } from './evidence.ts';
import { gather } from './gather/index.ts';
import { check } from './invariants/index.ts';
import { quiescence, startSync } from './quiescence.ts';
import { openStage, type Stage } from './stage.ts';
import { openStory } from './story.ts';

// Negative controls: a checker that finds nothing proves something only if it finds what is broken on purpose.

let stage: Stage;
let arena: Arena;
let well: Evidence;
beforeAll(async () => {
  stage = await openStage();
  arena = await openArena(stage, {
    seed: 1,
    workload: { shop: 12, site: 6, feed: 12 },
    workers: 1,
  });
  const story = openStory(arena);
  await startSync(arena);
  await story.collect();
  await story.ends();
  await quiescence(arena);
  await arena.feed.remove(12);
  await story.collect('feed');
  await story.ends();
  await quiescence(arena);
  well = await gather(arena);
});
afterAll(async () => {
  await arena[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

test('a system that nobody disturbed breaks no invariant', () => {
  expect(check(well)).toEqual([]);
  expect(well.objects).toHaveLength(2 * (12 + 6 + 11));
  expect(well.runs).toHaveLength(4);
  expect(well.deletions).toHaveLength(1);
  expect(well.texts.size).toBeGreaterThan(well.objects.length);
});

/** What is broken behind the system's back, and which invariants must say so. */
describe('broken in the real system', () => {
  test('I1 an object that was deleted is a loss', async () => {
    const object = contentOf('shop');
    await send(new DeleteObjectCommand({ ...place(), Key: object.key }));

    const broken = await brokenNow();
    await putBack(object);

    expect(broken['I1']).toMatch(new RegExp(`shop \\d+ \\(v1\\) is not stored.*"${object.key}"`));
  });

  test('I2 an object under a second key is a double', async () => {
    const object = contentOf('shop');
    const Key = `default/chaos/shop/copy-of-it.md`;
    await send(new PutObjectCommand({ ...place(), Key, Body: object.text }));

    const broken = await brokenNow();
    await send(new DeleteObjectCommand({ ...place(), Key }));

    expect(broken['I2']).toMatch(/shop \d+ is stored 2 times/);
    expect(broken['I2']).toContain(`"${Key}" stands alone`);
  });

  test('I3 an object with the text of an older version is stale', async () => {
    await arena.feed.put(3);

    const broken = await brokenNow();

    expect(broken['I3']).toMatch(/feed 3 \(v1\) is stored, but its source has v2/);
  });

  test('I11 a secret in a log, an object or a row is seen', async () => {
    const [secret = ''] = arena.canaries;
    const Key = 'default/chaos/shop/leak.md';
    await send(new PutObjectCommand({ ...place(), Key, Body: `The key is ${secret}.` }));
    await sql`update runs set phase = ${`with ${secret}`} where source = 'shop'`.execute(arena.db);

    const broken = await brokenNow();
    await send(new DeleteObjectCommand({ ...place(), Key }));
    await sql`update runs set phase = 'ended' where source = 'shop'`.execute(arena.db);

    expect(broken['I11']).toContain(`the object "${Key}"`);
    expect(broken['I11']).toContain('the table "runs"');
  });
});

/** What cannot be broken in a real system is broken in the evidence. */
describe('broken in the evidence', () => {
  const run = (change: Partial<RunEvidence>): Partial<Evidence> => ({
    runs: well.runs.map((one, at) => (at === 0 ? { ...one, ...change } : one)),
  });
  const objects = (change: (object: StoredObject) => Partial<StoredObject>): Partial<Evidence> => ({
    objects: well.objects.map((one) =>
      one === contentOf('site') ? { ...one, ...change(one) } : one,
    ),
  });
  const workflow = (change: object): Partial<Evidence> => ({
    workflows: well.workflows.map((one, at) => (at === 0 ? { ...one, ...change } : one)),
  });

  const repair = (change: Partial<RepairEvidence>): Partial<Evidence> => ({
    repair: { ...REPAIRED, ...change },
  });

  test('a repair that went as it should breaks nothing', () => {
    expect(check({ ...well, ...repair({}) })).toEqual([]);
  });

  const CASES: readonly (readonly [string, keyof typeof CHANGES, RegExp])[] = [
    ['I3', 'an object that is not the manifest’s version', /ETag "other", but the manifest says/],
    ['I4', 'a document that its source no longer has', /site 1 \(v1\) is stored, but its source/],
    ['I4', 'the deletion of a document that its source has', /shop "3" was deleted by r1/],
    ['I4', 'an object in the knowledge base that is gone', /holds "s3:\/\/documents\/gone\.md"/],
    ['I5', 'a change that no job covers', /Changes of data source "D1" wait/],
    ['I5', 'an object that was written after the last job began', /No job has started since/],
    ['I5', 'an object that the knowledge base has in an older version', /an older version of/],
    ['I5', 'an object that the knowledge base does not have', /as unknown/],
    ['I5', 'a job for each change', /jobs completed for \d bursts/],
    ['I5', 'two jobs at once', /ran at the same time/],
    ['I6', 'green with failed documents', /"succeeded", but 2 documents failed/],
    ['I6', 'green with dead letters', /"succeeded", but 1 dead letters/],
    ['I6', 'green after an incomplete listing', /but its listing was incomplete/],
    ['I6', 'green with nothing', /but it saw no document/],
    ['I6', 'a row and a workflow that disagree', /but its workflow/],
    ['I6', 'a failed run without a failure', /but no failure is named/],
    ['I7', 'a second incident of one break', /"wick-2" was opened for the break of "wick-1"/],
    ['I7', 'a run that is counted twice', /"wick-1" counts run r1 twice/],
    ['I7', 'a question that is told twice', /was told 2 times/],
    ['I7', 'more questions told than asked', /asked 1 questions, and told of 2/],
    ['I7', 'two storms of one cause', /Two systemic incidents are open for host "h"/],
    ['I7', 'a storm that is repaired break by break', /6 incidents of "storm-1" were repaired/],
    ['I8', 'a deploy that nobody decided', /was deployed, but nothing had been decided/],
    ['I8', 'a deploy that nobody approved', /was deployed, but nobody had approved it/],
    ['I8', 'an approval that came later', /was deployed, but nobody had approved it/],
    ['I8', 'an approval of other bytes', /was deployed, but nobody had approved it/],
    ['I8', 'a deploy after a reject', /was deployed, but "ana" had said reject/],
    ['I8', 'a deploy of an older candidate', /but the newest candidate was bbbbbbbb/],
    ['I8', 'a deploy after the expiry', /ended as pr-expired, but its fix was deployed/],
    ['I8', 'two deploys of one candidate', /was deployed 2 times/],
    ['I8', 'an approval without a deploy', /was approved, and is not deployed/],
    ['I8', 'an end that says more than was done', /but nothing was deployed/],
    ['I8', 'a roll-back in name only', /but nothing was taken back/],
    ['I8', 'a fix that failed and stays', /is in force, although run r9 failed on it/],
    ['I9', 'an open workflow', /is open \(collectDocuments \(attempt 9\)\)/],
    ['I9', 'a failed workflow task', /A workflow task of .* failed: nondeterminism/],
    ['I9', 'an activity without a bound', /scheduled "endless" without both/],
    ['I9', 'a row of a run that nobody ended', /still says "running"/],
    ['I9', 'a job that never ends', /Ingestion job .* is IN_PROGRESS/],
    ['I9', 'a process that nobody ended', /Process 4711 was left behind/],
    ['I10', 'a run without a row', /ran without a record/],
    ['I10', 'an execution that another one took the row from', /ran without a record/],
    ['I10', 'a deletion without a record', /was deleted without a record/],
    ['I10', 'a deletion by an unknown run', /names "nobody"/],
    ['I10', 'an approved set that nobody approved', /and nobody decided it/],
    ['I10', 'a job without a row', /has no row/],
    ['I11', 'a secret in a history', /stands in the history of "x"/],
    ['I11', 'a secret in Base64', /stands in a payload/],
  ];
  const CHANGES = {
    'an object that is not the manifest’s version': () => objects(() => ({ etag: '"other"' })),
    'a document that its source no longer has': () => ({
      sources: well.sources.map((one) =>
        one.id === 'site' ? { ...one, truth: without(one.truth, 1) } : one,
      ),
    }),
    'the deletion of a document that its source has': () => ({
      deletions: [...well.deletions, { source: 'shop', docId: '3', run: 'r1', rule: 'x' }],
    }),
    'an object in the knowledge base that is gone': () => ({
      indexed: [
        ...well.indexed,
        { uri: 's3://documents/gone.md', status: 'INDEXED' as const, etag: '"x"' },
      ],
    }),
    'a change that no job covers': () => ({ dirty: ['D1'] }),
    'an object that was written after the last job began': () =>
      objects(() => ({ modifiedAtMs: Date.now() + 60_000 })),
    'an object that the knowledge base has in an older version': () => ({
      indexed: well.indexed.map((one, at) => (at === 0 ? { ...one, etag: '"old"' } : one)),
    }),
    'an object that the knowledge base does not have': () => ({ indexed: well.indexed.slice(1) }),
    'an execution that another one took the row from': () => run({ temporalRunId: 'another' }),
    'a job for each change': () => ({
      jobs: Array.from({ length: 20 }, (_, at) => ({
        id: `J${at}`,
        status: 'COMPLETE' as const,
        startedAtMs: at,
        endedAtMs: at,
      })),
    }),
    'two jobs at once': () => ({
      jobs: [...well.jobs, ...well.jobs.map((job) => ({ ...job, id: 'TWIN' }))],
    }),
    'green with failed documents': () => run({ counts: { added: 5, failed: 2 } }),
    'green with dead letters': () => ({
      deadLetters: [{ source: 'shop', docId: '3', run: well.runs[0]?.id ?? '' }],
    }),
    'green after an incomplete listing': () => run({ listingComplete: false }),
    'green with nothing': () => run({ counts: {} }),
    'a row and a workflow that disagree': () => run({ status: 'partial' }),
    'a failed run without a failure': () => run({ status: 'failed', failure: null }),
    'a second incident of one break': () =>
      repair({ incidents: [INCIDENT, { ...INCIDENT, id: 'wick-2', openedAtMs: 250 }] }),
    'a run that is counted twice': () =>
      repair({ incidents: [{ ...INCIDENT, runs: ['r1', 'r1'] }] }),
    'a question that is told twice': () => repair({ notices: [{ ...TOLD, noted: 2 }] }),
    'more questions told than asked': () =>
      repair({ notices: [TOLD, { ...TOLD, subject: 'wick-1#question.2' }] }),
    'two storms of one cause': () => repair({ storms: [STORM, { ...STORM, id: 'storm-2' }] }),
    'a storm that is repaired break by break': () =>
      repair({
        storms: [STORM],
        moves: [],
        verdicts: [],
        incidents: SIX.map((id) => ({ ...OPEN, id, fingerprint: id, storm: 'storm-1' })),
        decisions: SIX.map((incident) => ({ ...DECISION, incident })),
      }),
    'a deploy that nobody decided': () => repair({ decisions: [], notices: [] }),
    'a deploy that nobody approved': () => repair({ verdicts: [] }),
    'an approval that came later': () => repair({ verdicts: [{ ...APPROVAL, atMs: 350 }] }),
    'an approval of other bytes': () =>
      repair({ verdicts: [{ ...APPROVAL, digest: `${'c'.repeat(64)}.policy` }] }),
    'a deploy after a reject': () =>
      repair({
        verdicts: [
          { ...APPROVAL, verdict: 'reject' },
          { ...APPROVAL, atMs: 250 },
        ],
      }),
    'a deploy of an older candidate': () =>
      repair({
        decisions: [DECISION, { ...DECISION, patchDigest: 'b'.repeat(64), atMs: 220 }],
      }),
    'a deploy after the expiry': () =>
      repair({ incidents: [{ ...INCIDENT, outcome: 'pr-expired' }] }),
    'two deploys of one candidate': () => repair({ moves: [DEPLOY, { ...DEPLOY, atMs: 320 }] }),
    'an approval without a deploy': () => repair({ moves: [], incidents: [OPEN] }),
    'an end that says more than was done': () => repair({ moves: [] }),
    'a roll-back in name only': () =>
      repair({ incidents: [{ ...INCIDENT, outcome: 'pr-merged-rolled-back' }] }),
    'a fix that failed and stays': () => ({
      ...repair({}),
      ...run({
        id: 'r9',
        source: 'wick',
        digest: 'fixed',
        status: 'failed',
        failure: 'SelectorMissing',
        startedAtMs: 310,
        finishedAtMs: 320,
      }),
    }),
    'an open workflow': () =>
      workflow({
        status: 'RUNNING',
        isDocumentedWait: false,
        pending: ['collectDocuments (attempt 9)'],
      }),
    'a failed workflow task': () => workflow({ failedTasks: ['nondeterminism'] }),
    'an activity without a bound': () => workflow({ unbounded: ['endless'] }),
    'a row of a run that nobody ended': () => run({ status: 'running' }),
    'a job that never ends': () => ({
      jobs: well.jobs.map((job) => ({ ...job, status: 'IN_PROGRESS' as const })),
    }),
    'a process that nobody ended': () => ({ orphans: [4711] }),
    'a run without a row': () => ({ runs: well.runs.slice(1) }),
    'a deletion without a record': () => ({ deletions: [] }),
    'a deletion by an unknown run': () => ({
      deletions: well.deletions.map((one) => ({ ...one, run: 'nobody' })),
    }),
    'an approved set that nobody approved': () => ({
      heldSets: [{ source: 'shop', state: 'approved', run: 'r', decidedBy: null }],
    }),
    'a job without a row': () => ({ syncs: [] }),
    'a secret in a history': () => ({
      texts: new Map([['the history of "x"', `a ${arena.canaries[1]} b`]]),
    }),
    'a secret in Base64': () => ({
      texts: new Map([['a payload', Buffer.from(arena.canaries[2] ?? '').toString('base64')]]),
    }),
  } satisfies Readonly<Record<string, () => Partial<Evidence>>>;

  test.each(CASES)('%s %s is a violation', (invariant, name, says) => {
    const broken = byInvariant({ ...well, ...CHANGES[name]() });

    expect(broken[invariant]).toMatch(says);
  });
});

/** An incident whose fix was asked about, approved, deployed and kept. */
const INCIDENT = {
  id: 'wick-1',
  source: 'default wick',
  fingerprint: 'f',
  state: 'closed',
  stage: 'closed',
  outcome: 'pr-merged-unchanged',
  storm: null,
  runs: ['r1'],
  occurrences: 1,
  openedAtMs: 100,
  closedAtMs: 400,
};
const OPEN = { ...INCIDENT, state: 'open', stage: 'deciding', outcome: null, closedAtMs: null };
const DECISION = {
  incident: 'wick-1',
  patchDigest: 'a'.repeat(64),
  policyHash: 'policy',
  decision: 'pull-request',
  requestId: 'question-1',
  atMs: 200,
};
const APPROVAL = {
  requestId: 'question-1',
  digest: `${'a'.repeat(64)}.policy`,
  verdict: 'approve',
  by: 'ana',
  atMs: 240,
};
const DEPLOY = {
  incident: 'wick-1',
  source: 'default wick',
  patchDigest: 'a'.repeat(64),
  move: 'deployed',
  atMs: 300,
  definitionDigest: 'fixed',
};
const TOLD = {
  kind: 'approval-waiting',
  source: 'wick',
  subject: 'wick-1#question.1',
  noted: 1,
};
const STORM = { id: 'storm-1', scope: 'host', key: 'h' };
const SIX = ['a', 'b', 'c', 'd', 'e', 'f'];
const REPAIRED: RepairEvidence = {
  incidents: [INCIDENT],
  moves: [DEPLOY],
  decisions: [DECISION],
  verdicts: [APPROVAL],
  storms: [],
  notices: [TOLD],
};

async function brokenNow(): Promise<Readonly<Record<string, string>>> {
  return byInvariant(await gather(arena));
}

/** Invariant → all that is said of it, in one text. */
function byInvariant(evidence: Evidence): Readonly<Record<string, string>> {
  const violations = Object.groupBy(check(evidence), ({ of }) => of);
  return Object.fromEntries(
    Object.entries(violations).map(([of, all]) => [of, all.map(({ says }) => says).join(' ')]),
  );
}

function contentOf(source: string): StoredObject {
  const found = well.objects.find((object) => object.sidecar?.source === source);
  if (!found) throw new Error(`Nothing of "${source}" is stored.`);
  return found;
}

function place() {
  return { Bucket: arena.cloud.bucket };
}

async function send(command: DeleteObjectCommand | PutObjectCommand): Promise<void> {
  const { s3 } = arena.cloud.clients;
  await (command instanceof PutObjectCommand ? s3.send(command) : s3.send(command));
}

async function putBack({ key, text }: StoredObject): Promise<void> {
  await send(new PutObjectCommand({ ...place(), Key: key, Body: text }));
}

function without(truth: ReadonlyMap<number, number>, number: number): ReadonlyMap<number, number> {
  return new Map([...truth].filter(([one]) => one !== number));
}
