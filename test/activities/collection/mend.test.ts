import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { deleteHeld } from '../../../activities/approval/delete-held.ts';
import { recordHeldVerdict } from '../../../adapters/postgres/held-sets.ts';
import { examineSystem } from '../../../activities/examination/examine-system.ts';
import { mendSource } from '../../../activities/mending/mend-source.ts';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import type { MendChoice, MendReport } from '../../../workflows/collection/mending.ts';
import { COMPLETE, document, documents, numbered } from './collecting.ts';
import { withWholeSystem, type WholeSystem } from './whole-system.ts';

const newSystem = withWholeSystem();
const signal = AbortSignal.timeout(600_000);

async function healthy(): Promise<WholeSystem> {
  const system = await newSystem();
  system.emits([...documents('a', 'b', 'c'), COMPLETE]);
  await system.run();
  await system.sync();
  return system;
}

function mend(
  system: WholeSystem,
  verb: 'reindex' | 'reread',
  choice: MendChoice,
  deps: Partial<CollectionDependencies> = {},
): Promise<MendReport> {
  const input = { tenant: 'default', source: system.id, request: crypto.randomUUID() };
  return system.act(mendSource, { ...input, verb, choice }, deps);
}

const ids = (...of: readonly string[]): MendChoice => ({ kind: 'ids', ids: of });

async function place(system: WholeSystem, docId: string) {
  return { bucket: system.cloud.bucket, key: await system.keyOf(docId), signal };
}

async function statusOf(system: WholeSystem, docId: string): Promise<string | undefined> {
  const { bucket, key } = await place(system, docId);
  const call = { ...system.target, uris: [`s3://${bucket}/${key}`], signal };
  return (await system.cloud.knowledge.getDocumentStatuses(call))[0]?.status;
}

/** What a person sees of S3 and manifest, by kinds of findings. */
async function findings(system: WholeSystem): Promise<readonly string[]> {
  const schedules = { list: async () => [], describe: async () => ({}) } as never;
  const report = await system.act(examineSystem, { source: system.id, shown: 5 }, { schedules });
  return report.groups.map(({ kind }) => kind);
}

/** The knowledge base loses a document behind our back; a job does not bring it back while its object stays as it is. */
async function lose(system: WholeSystem, docId: string): Promise<void> {
  const { bucket, key } = await place(system, docId);
  const call = { ...system.target, signal, clientToken: `wellspring-test-${crypto.randomUUID()}` };
  await system.cloud.knowledge.deleteDocuments({ ...call, uris: [`s3://${bucket}/${key}`] });
  await expect.poll(() => statusOf(system, docId), { timeout: 10_000 }).toBe('NOT_FOUND');
}

describe('reindexing (sources §1)', () => {
  test('the knowledge base reads a document again that it had lost, and nothing is written', async () => {
    const system = await healthy();
    await lose(system, 'b');
    const before = await system.everything();

    const report = await mend(system, 'reindex', ids('b'));

    expect(report).toEqual({
      documents: 1,
      outcomes: { indexed: 1 },
      refused: [],
      refusedTotal: 0,
    });
    expect(await statusOf(system, 'b')).toBe('INDEXED');
    expect(await system.everything()).toEqual(before);
  });

  test('again changes nothing', async () => {
    const system = await healthy();

    const first = await mend(system, 'reindex', { kind: 'all' });
    const second = await mend(system, 'reindex', { kind: 'all' });

    expect(first).toEqual({ documents: 3, outcomes: { indexed: 3 }, refused: [], refusedTotal: 0 });
    expect(second).toEqual(first);
    expect(await findings(system)).toEqual([]);
  });

  test('documents that the knowledge base refused are found by themselves', async () => {
    const system = await healthy();
    const real = system.cloud.knowledge;
    const uri = `s3://${system.cloud.bucket}/${await system.keyOf('c')}`;
    async function* listDocuments() {
      yield { uri, status: 'FAILED', outcome: 'failed' } as const;
      yield { uri: 's3://elsewhere/x.md', status: 'FAILED', outcome: 'failed' } as const;
    }
    const handed: string[] = [];
    const knowledge = {
      ...real,
      listDocuments,
      ingestDocuments(request: Parameters<typeof real.ingestDocuments>[0]) {
        handed.push(...request.uris);
        return real.ingestDocuments(request);
      },
    };

    const report = await mend(system, 'reindex', { kind: 'failed' }, { knowledge });

    expect(handed).toEqual([uri]);
    expect(report).toMatchObject({ documents: 1, outcomes: { indexed: 1 } });
  });

  test('more than a batch goes ten by ten, and a repeated attempt goes on where it was', async () => {
    const system = await newSystem();
    system.emits([...numbered(25), COMPLETE]);
    await system.run();
    const batches: number[] = [];
    const knowledge = {
      ...system.cloud.knowledge,
      async ingestDocuments({ uris }: { readonly uris: readonly string[] }) {
        batches.push(uris.length);
        return [];
      },
      getDocumentStatuses: async () => [],
    };

    const report = await mend(system, 'reindex', { kind: 'all' }, { knowledge });

    expect(batches).toEqual([10, 10, 5]);
    expect(report).toMatchObject({ documents: 25, outcomes: { pending: 25 } });
  });

  test('what is damaged or unknown is not handed over, and said', async () => {
    const system = await healthy();
    await system.objects.remove(await place(system, 'a'));

    const report = await mend(system, 'reindex', ids('a', 'b', 'nobody'));

    expect(report).toEqual({
      documents: 1,
      outcomes: { indexed: 1 },
      refused: [
        { id: 'a', reason: 'What lies in S3 is not what was stored; "--reread" writes it anew.' },
        { id: 'nobody', reason: 'Nothing is stored of it; "explain" tells more.' },
      ],
      refusedTotal: 2,
    });
  });

  test('a deleted document that the knowledge base still has is taken out', async () => {
    const system = await healthy();
    system.emits([...documents('a', 'b'), COMPLETE]);
    await system.run();
    expect(await statusOf(system, 'c')).toBe('INDEXED');

    const report = await mend(system, 'reindex', ids('c'));

    expect(report).toMatchObject({ documents: 1, outcomes: { gone: 1 } });
    expect(await statusOf(system, 'c')).toBe('NOT_FOUND');
  });

  test('a source that is not in force is refused', async () => {
    const system = await healthy();
    await system.inForce([]);

    await expect(mend(system, 'reindex', { kind: 'all' })).rejects.toThrow('is in force');
  });
});

describe('reading again (reindex --reread)', () => {
  test.each([
    [
      'an object that is missing',
      (system: WholeSystem, at: { bucket: string; key: string; signal: AbortSignal }) =>
        system.objects.remove(at),
    ],
    [
      'a sidecar that is missing',
      (system: WholeSystem, at: { bucket: string; key: string; signal: AbortSignal }) =>
        system.objects.remove({ ...at, key: `${at.key}.metadata.json` }),
    ],
    [
      'objects that were altered',
      (system: WholeSystem, at: { key: string }) => system.cloud.putDocument(at.key, 'Altered.'),
    ],
  ])('%s is written anew by the next run, and nothing else is', async (_, damage) => {
    const system = await healthy();
    await damage(system, await place(system, 'b'));
    expect((await findings(system)).length).toBeGreaterThan(0);
    // An ordinary run finds nothing to do: hashes in the manifest say that all is well.
    expect((await system.run()).counts).toMatchObject({ unchanged: 3, updated: 0 });

    const report = await mend(system, 'reread', ids('b'));
    const { counts } = await system.run();
    await system.sync();

    expect(report).toEqual({ documents: 1, refused: [], refusedTotal: 0 });
    expect(counts).toMatchObject({ updated: 1, unchanged: 2 });
    expect(await findings(system)).toEqual([]);
  });

  test('a source with a cursor begins at its beginning, and validators are forgotten', async () => {
    const system = await newSystem();
    const seen: unknown[] = [];
    const knows: number[] = [];
    system.emits(async function* (from, env) {
      seen.push(from);
      const known = await env.known(['a', 'b']);
      knows.push([...known.values()].filter(({ etag }) => etag !== undefined).length);
      for (const id of ['a', 'b'])
        yield document(id, `Text of ${id}.`, { validators: { etag: `"${id}"` } });
      yield { kind: 'checkpoint', cursor: { at: 7 } };
    });
    await system.run();
    await system.run();

    const report = await mend(system, 'reread', ids('a'));
    await system.run();
    await system.run();

    expect(report.documents).toBe(1);
    expect(seen).toEqual([null, { at: 7 }, null, { at: 7 }]);
    expect(knows).toEqual([0, 2, 1, 2]);
  });

  test('all of a source', async () => {
    const system = await healthy();

    const report = await mend(system, 'reread', { kind: 'all' });
    const { counts } = await system.run();

    expect(report.documents).toBe(3);
    expect(counts).toMatchObject({ updated: 3, unchanged: 0, deleted: 0 });
  });
});

describe('forgetting a source that left the definitions', () => {
  const forget = (system: WholeSystem): Promise<MendReport> => {
    const input = { tenant: 'default', source: system.id, request: crypto.randomUUID() };
    return system.act(mendSource, { ...input, verb: 'forget' });
  };

  test('asks people with every document, and deletes nothing by itself', async () => {
    const system = await healthy();
    await system.inForce([]);

    const report = await forget(system);
    const again = await forget(system);

    expect(report).toMatchObject({
      documents: 3,
      digest: expect.stringMatching(/^\w{64}$/) as string,
    });
    expect(again).toEqual(report);
    expect(system.approvals.asked[0]).toMatchObject({
      kind: 'deletions',
      source: system.id,
      digest: report.digest,
      held: { candidates: 3, live: 3 },
    });
    expect(await statusOf(system, 'a')).toBe('INDEXED');
  });

  test('an approval deletes them, and leaves a record of each', async () => {
    const system = await healthy();
    const at = await place(system, 'b');
    await sql`insert into run_tallies (run, tenant, source, crawl, spec_digest, tally)
      values (${`of ${system.id}`}, 'default', ${system.id}, '', '', '{}')`.execute(system.db);
    await system.inForce([]);
    const { digest = '' } = await forget(system);
    const set = { tenant: 'default', source: system.id, digest };
    const verdict = {
      ...set,
      state: 'approved',
      by: 'ana',
      atMs: Date.now(),
      proven: true,
    } as const;
    await recordHeldVerdict(system.db, verdict);
    const { definitionDigest } = system.approvals.asked[0] ?? { definitionDigest: '' };

    const done = await system.act(deleteHeld, { ...set, definitionDigest });

    expect(done).toMatchObject({ deleted: 3, dropped: 0 });
    expect(await system.objects.head(at)).toBeUndefined();
    const { rows } = await sql<{ rule: string; run: string }>`
      select rule, run from deletions where source = ${system.id}`.execute(system.db);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({ run: `forget:${system.id}` });
    const kept = await sql`select 1 from run_tallies where source = ${system.id}`.execute(
      system.db,
    );
    expect(kept.rows).toEqual([]);
    await expect(forget(system)).rejects.toThrow('Nothing is stored');
  });

  test('is refused while the source is in force, and where nothing is stored', async () => {
    const system = await healthy();
    await expect(forget(system)).rejects.toThrow(`Source "${system.id}" is in force`);

    await system.inForce([]);
    await sql`update documents set state = 'deleted' where source = ${system.id}`.execute(
      system.db,
    );
    await expect(forget(system)).rejects.toThrow('Nothing is stored');
  });
});
