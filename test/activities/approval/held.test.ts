import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Knowledge } from '../../../adapters/aws/knowledge.ts';
import { crashingAt } from '../collection/crashing.ts';
import {
  COMPLETE,
  document,
  numbered,
  withCollecting,
  type SourceCase,
} from '../collection/collecting.ts';
import { decidingOf, heldRun, without } from './deciding.ts';

const newSource = withCollecting();
/** Where a source is made for each of many steps. */
const FEW = 12;

async function deletions(
  source: SourceCase,
): Promise<readonly { doc_id: string; run: string; rule: string }[]> {
  const { rows } = await sql<{ doc_id: string; run: string; rule: string }>`
    select doc_id, run, rule from deletions where source = ${source.id} order by doc_id`.execute(
    source.db,
  );
  return rows;
}

async function row(source: SourceCase, digest = source.approvals.asked.at(-1)?.digest ?? '') {
  return source.db
    .selectFrom('held_sets')
    .selectAll()
    .where('source', '=', source.id)
    .where('digest', '=', digest)
    .executeTakeFirst();
}

describe('a run that holds deletions', () => {
  test('R5 stores the set with its documents, and asks people with a sample and the commands', async () => {
    const { source, ran } = await heldRun(newSource);

    const [asked] = source.approvals.asked;
    expect(source.approvals.asked).toHaveLength(1);
    expect(asked).toMatchObject({
      source: source.id,
      run: ran.run,
      digest: ran.held?.digest,
      held: { candidates: 7, live: 40 },
      knowledgeBase: { dataSourceId: source.id },
    });
    expect(asked?.held.sample).toHaveLength(7);
    expect(JSON.stringify(asked).length).toBeLessThan(8192);
    expect(ran.because).toContain(`npm run cli -- approve ${ran.held?.digest.slice(0, 8)}`);
    expect(await row(source)).toMatchObject({ state: 'open', candidates: 7, run: ran.run });
    const members = await source.db
      .selectFrom('held_documents')
      .select('rule')
      .where('source', '=', source.id)
      .execute();
    expect(members.map(({ rule }) => rule)).toEqual(
      Array.from({ length: 7 }, () => 'missing from a complete listing'),
    );
  });

  test('R5 asks again with the same id while the set is the same, and the question stays as it was', async () => {
    const { source } = await heldRun(newSource);
    const first = await row(source);

    const again = await source.run();

    expect(again.status).toBe('held');
    expect(source.approvals.asked[1]?.digest).toBe(source.approvals.asked[0]?.digest);
    const { listing: _before, ...before } = first ?? {};
    const { listing: _after, ...after } = (await row(source)) ?? {};
    expect(after).toEqual(before);
  });

  test('R5 with another set ends the older question, and a late answer to that one changes nothing', async () => {
    const { source, deciding } = await heldRun(newSource);
    source.emits(without(9));

    await source.run();

    const newer = source.approvals.asked.at(-1)?.digest;
    expect(source.approvals.superseded).toEqual([deciding.set]);
    expect(await row(source, deciding.set.digest)).toMatchObject({
      state: 'superseded',
      superseded_by: newer,
    });
    expect(await deciding.record('approved')).toMatchObject({ state: 'superseded' });
    await expect(deciding.remove()).rejects.toMatchObject({ type: 'NotFound' });
    expect(await source.keys()).toHaveLength(80);
  });

  test('R5 that needs no question any more ends the open one', async () => {
    const { source, deciding } = await heldRun(newSource);
    source.emits(without(0));

    const ran = await source.run();

    expect(ran).toMatchObject({ status: 'succeeded', counts: { unchanged: 40 } });
    expect(source.approvals.superseded).toEqual([deciding.set]);
    expect(await row(source)).toMatchObject({ state: 'superseded', superseded_by: ran.run });
  });

  test('R4 with an incomplete listing ends no question', async () => {
    const { source } = await heldRun(newSource);
    source.emits([...numbered(40), { kind: 'listing', complete: false, why: 'page 3 failed' }]);

    await source.run();

    expect(source.approvals.superseded).toEqual([]);
    expect(await row(source)).toMatchObject({ state: 'open' });
  });

  test('dies at any step, and the next attempt asks once, about one set', async () => {
    let points = 0;
    for (let point = 1, died = true; died; point += 1) {
      const source = await newSource();
      source.emits(without(0, FEW));
      await source.run();
      source.emits(without(7, FEW));
      await source.collect({ run: 'crash' });
      const crashing = crashingAt(source.deps, point);
      await source.reconcile('crash', true, { deps: crashing.deps }).catch(() => undefined);
      died = crashing.died();

      const report = await source.reconcile('crash', true, { attempt: 2 });

      const where = `killed at step ${point}, before ${crashing.lastStep()}`;
      expect({ where, ...report.held }).toMatchObject({ where, candidates: 7 });
      const digests = new Set(source.approvals.asked.map(({ digest }) => digest));
      expect({ where, digests: digests.size }).toEqual({ where, digests: 1 });
      expect({ where, ...(await row(source)) }).toMatchObject({ where, state: 'open' });
      points = point;
    }
    expect(points).toBeGreaterThan(8);
  }, 180_000);
});

describe('approved', () => {
  test('R5 deletes the set, and each deletion leaves a row that names run and rule', async () => {
    const { source, ran, deciding } = await heldRun(newSource);
    await deciding.record('approved');

    expect(await deciding.remove()).toEqual({ deleted: 7, dropped: 0 });

    expect(await source.keys()).toHaveLength(66);
    const rule = `approved by ana, held set ${deciding.set.digest.slice(0, 8)}`;
    expect(await deletions(source)).toEqual(
      Array.from({ length: 7 }, (_, at) => ({ doc_id: `d000${at}`, run: ran.run, rule })),
    );
    expect(await row(source)).toMatchObject({ state: 'approved', deleted: 7, dropped: 0 });
    // The run that held them said that nothing was deleted.
    const run = await source.db
      .selectFrom('runs')
      .select('counts')
      .where('id', '=', ran.run)
      .executeTakeFirst();
    expect(run?.counts['deleted'] ?? 0).toBe(0);
    expect(await source.run()).toMatchObject({ status: 'succeeded', counts: { deleted: 0 } });
  });

  test('R5 drops what the source has shown since', async () => {
    const { source, deciding } = await heldRun(newSource, 9);
    await deciding.record('approved');
    source.emits([document('d0002'), ...without(9)]);
    await source.run();

    expect(await deciding.remove()).toEqual({ deleted: 8, dropped: 1 });

    expect(await source.stored()).toHaveProperty('d0002');
    expect(await source.keys()).toHaveLength(64);
  });

  test('F4 twice in sequence and at the same time has the effects of once', async () => {
    const { source, deciding } = await heldRun(newSource);
    await deciding.record('approved');

    const both = await Promise.allSettled([deciding.remove(), deciding.remove()]);
    const again = await deciding.remove();

    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(again).toEqual({ deleted: 7, dropped: 0 });
    expect(await deletions(source)).toHaveLength(7);
    expect(await source.keys()).toHaveLength(66);
  });

  test('R17 a crash at any step heals in the next attempt: nothing is left, nothing is recorded twice', async () => {
    let points = 0;
    for (let point = 1, died = true; died; point += 1) {
      const { source, deciding } = await heldRun(newSource, 7, FEW);
      await deciding.record('approved');
      const crashing = crashingAt(source.deps, point);
      await deciding.remove(crashing.deps).catch(() => undefined);
      died = crashing.died();

      const report = await deciding.remove();

      const where = `killed at step ${point}, before ${crashing.lastStep()}`;
      expect({ where, ...report }).toEqual({ where, deleted: 7, dropped: 0 });
      expect({ where, keys: (await source.keys()).length }).toEqual({ where, keys: 2 * (FEW - 7) });
      expect({ where, rows: (await deletions(source)).length }).toEqual({ where, rows: 7 });
      points = point;
    }
    expect(points).toBeGreaterThan(12);
  }, 180_000);

  test('waits while a run of the source is under way', async () => {
    const { source, ran, deciding } = await heldRun(newSource);
    await deciding.record('approved');
    source.approvals.running.add(ran.run);

    await expect(deciding.remove()).rejects.toMatchObject({
      type: 'Conflict',
      nonRetryable: false,
      message: expect.stringContaining(`is being collected by run "${ran.run}"`) as string,
    });

    expect(await source.keys()).toHaveLength(80);
    source.approvals.running.clear();
    expect(await deciding.remove()).toMatchObject({ deleted: 7 });
  });

  test('lets a run that begins meanwhile wait, so that a document which comes back is never lost', async () => {
    const { source, deciding } = await heldRun(newSource);
    await deciding.record('approved');
    source.emits(without(0));
    let ran: Promise<unknown> | undefined;
    const { objects } = source.deps;
    const removeMany: typeof objects.removeMany = async (request) => {
      ran ??= source.run();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return objects.removeMany(request);
    };

    await deciding.remove({ objects: { ...objects, removeMany } });
    await ran;
    await source.run();

    expect(Object.keys(await source.stored())).toHaveLength(40);
    expect(await source.keys()).toHaveLength(80);
  });

  test('and lost before it was carried out is carried out by asking again', async () => {
    const { source, deciding } = await heldRun(newSource);
    await deciding.record('approved');

    await source.run();

    expect(source.approvals.asked).toHaveLength(2);
    expect(await row(source)).toMatchObject({ state: 'approved', executed_at: null });
    expect(await deciding.act('readHeldSet', deciding.set)).toMatchObject({
      state: 'approved',
      by: 'ana',
      executed: false,
    });
  });

  test('a set that came back and went again is asked about anew', async () => {
    const { source, deciding } = await heldRun(newSource);
    await deciding.record('approved');
    await deciding.remove();
    source.emits(without(0));
    await source.run();
    source.emits(without(7));

    const ran = await source.run();

    expect(ran).toMatchObject({ status: 'held', held: { digest: deciding.set.digest } });
    expect(await row(source)).toMatchObject({ state: 'open', decided_by: null, deleted: null });
  });
});

describe('rejected', () => {
  test('R5 keeps everything; the same set holds no run any more, and nobody is asked again', async () => {
    const { source, deciding } = await heldRun(newSource);
    await deciding.record('rejected', 'ben');

    const ran = await source.run();

    expect(ran).toMatchObject({ status: 'partial', counts: { deleted: 0, unchanged: 33 } });
    expect(ran.because).toMatch(/7 deletions were rejected by "ben" on .* and kept/);
    expect(source.approvals.asked).toHaveLength(1);
    expect(await source.keys()).toHaveLength(80);
    await expect(deciding.remove()).rejects.toMatchObject({ type: 'NotFound' });
  });

  test('R5 keeps them also when the source grows, so that the guard would let them go', async () => {
    const { source, deciding } = await heldRun(newSource);
    await deciding.record('rejected');
    source.emits([...numbered(60, 'new'), ...without(7)]);
    await source.run();
    source.emits([...numbered(60, 'new'), ...without(8)]);

    const grown = await source.run();
    const { limits } = source.definition();
    await source.redefine({ limits: { ...limits, maxDeletedShare: 1 } });
    const allowed = await source.run();

    // One that nobody has decided about goes; the seven stay until the definition allows everything.
    expect(grown).toMatchObject({ status: 'partial', counts: { added: 0, deleted: 1 } });
    expect(grown.because).toContain('7 deletions were rejected by "ana"');
    expect(allowed).toMatchObject({ status: 'succeeded', counts: { deleted: 7 } });
  });

  test('R5 a set that has changed is asked about', async () => {
    const { source, deciding } = await heldRun(newSource);
    await deciding.record('rejected');
    source.emits(without(8));

    expect(await source.run()).toMatchObject({ status: 'held', held: { candidates: 8 } });

    expect(source.approvals.asked).toHaveLength(2);
    expect(await row(source, deciding.set.digest)).toMatchObject({ state: 'rejected' });
  });

  test('a set whose documents came back and went again is asked about anew', async () => {
    const { source, deciding } = await heldRun(newSource);
    await deciding.record('rejected');
    source.emits(without(0));
    await source.run();
    source.emits(without(7));

    expect(await source.run()).toMatchObject({ status: 'held' });

    expect(await row(source)).toMatchObject({ state: 'open', decided_by: null });
  });
});

test('R5 a deadline keeps everything, and the next run asks again', async () => {
  const { source, deciding } = await heldRun(newSource);
  await deciding.record('expired');

  expect(await source.run()).toMatchObject({ status: 'held' });

  expect(await source.keys()).toHaveLength(80);
  expect(await row(source)).toMatchObject({ state: 'open', reminders: 0 });
});

test('the first end of a set stays, whoever comes later', async () => {
  const { deciding } = await heldRun(newSource);

  const raced = await Promise.all([
    deciding.record('rejected', 'ben'),
    deciding.record('approved', 'ana'),
    deciding.record('expired'),
  ]);

  expect(new Set(raced.map(({ state, by }) => `${state} ${by}`)).size).toBe(1);
});

test('reminders are counted once, however often they are recorded', async () => {
  const { source, deciding } = await heldRun(newSource);
  const reminder = { ...deciding.set, reminders: 2, escalations: 0, to: [] };

  await deciding.act('recordReminder', reminder);
  await deciding.act('recordReminder', reminder);
  await deciding.act('recordReminder', { ...reminder, reminders: 1 });

  expect(await row(source)).toMatchObject({ reminders: 2, escalations: 0 });
});

test('a set that nobody has stored is missing', async () => {
  const source = await newSource();

  expect(
    await decidingOf(source, 'none').act('readHeldSet', {
      tenant: 'default',
      source: source.id,
      digest: 'none',
    }),
  ).toEqual({ state: 'missing', executed: false });
});

describe('the knowledge base', () => {
  /** Answers with these, call by call; the last one stays. */
  function knowing(source: SourceCase, ...answers: readonly ('gone' | 'indexed')[]) {
    const asked: (readonly string[])[] = [];
    const knowledge: Knowledge = {
      ...source.deps.knowledge,
      getDocumentStatuses({ uris }) {
        const outcome = answers[Math.min(asked.length, answers.length - 1)] ?? 'gone';
        asked.push(uris);
        const status = outcome === 'gone' ? 'NOT_FOUND' : 'INDEXED';
        return Promise.resolve(uris.map((uri) => ({ uri, status, outcome })));
      },
    };
    return { asked, deps: { knowledge } };
  }

  async function removed() {
    const held = await heldRun(newSource);
    await held.deciding.record('approved');
    await held.deciding.remove();
    const [question] = held.source.approvals.asked;
    if (!question) throw new Error('Nobody was asked.');
    return { ...held, input: { ...held.deciding.set, knowledgeBase: question.knowledgeBase } };
  }

  /** An ingestion that covers everything up to now. */
  async function ingest(source: SourceCase): Promise<void> {
    await sql`update knowledge_base_state set dirty_since = null where data_source_id = ${source.id}`.execute(
      source.db,
    );
  }

  test('is asked about what was deleted, after an ingestion that covers it', async () => {
    const { source, deciding, input } = await removed();
    const { asked, deps } = knowing(source, 'gone');

    const check = deciding.act('verifyRemovals', input, deps);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = asked.length;
    await ingest(source);

    expect(await check).toEqual({ asked: 7, found: [], foundTotal: 0 });
    expect([before, asked.length]).toEqual([0, 1]);
    expect(asked[0]?.every((uri) => uri.startsWith('s3://docs/'))).toBe(true);
  });

  test('that still has them is asked again, and believed when it has forgotten them', async () => {
    const { source, deciding, input } = await removed();
    await ingest(source);
    const { asked, deps } = knowing(source, 'indexed', 'indexed', 'gone');

    expect(await deciding.act('verifyRemovals', input, deps)).toMatchObject({ foundTotal: 0 });

    expect(asked).toHaveLength(3);
  });

  test('that keeps them is reported with what it has', async () => {
    const { source, deciding, input } = await removed();
    await ingest(source);
    const { asked, deps } = knowing(source, 'indexed');

    const check = await deciding.act('verifyRemovals', input, deps);

    expect(check).toMatchObject({ asked: 7, foundTotal: 7 });
    expect(check.found).toHaveLength(5);
    expect(asked).toHaveLength(5);
    await deciding.act('recordVerification', { ...deciding.set, problem: 'It still has them.' });
    expect(await row(source)).toMatchObject({ problem: 'It still has them.' });
  });

  test('is not asked about what came back', async () => {
    const { source, deciding, input } = await removed();
    source.emits([document('d0000'), ...without(7)]);
    await source.run();
    await ingest(source);
    const { asked, deps } = knowing(source, 'gone');

    await deciding.act('verifyRemovals', input, deps);

    expect(asked[0]).toHaveLength(6);
  });
});

test('a thousand held documents go in steps of five hundred', async () => {
  const source = await newSource();
  source.emits([...numbered(1100), COMPLETE]);
  await source.run();
  source.emits(without(1050, 1100));
  const ran = await source.run();
  const deciding = decidingOf(source, ran.held?.digest ?? '');
  await deciding.record('approved');
  source.server.requests.clear();

  expect(await deciding.remove()).toEqual({ deleted: 1050, dropped: 0 });

  expect(source.server.requests.count('DeleteObjects')).toBe(6);
  expect(await source.keys()).toHaveLength(100);
});
