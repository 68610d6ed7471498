import { userInfo } from 'node:os';
import { randomUUID } from 'node:crypto';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type WorkflowHandleWithStartDetails,
} from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { describe, expect, inject, test } from 'vitest';
import { createApprovals } from '../../workers/approvals.ts';
import type { decideHeld } from '../../workflows/approval/decide-held.ts';
import type { DecideHeldInput } from '../../workflows/approval/held-input.ts';
import {
  approveSignal,
  decideUpdate,
  extendDeadlineUpdate,
  rejectSignal,
  statusQuery,
  supersedeSignal,
} from '../../workflows/approval/messages.ts';
import type { Answer, Verdict } from '../../workflows/approval/request.ts';
import type { HeldStatus } from '../../workflows/approval/status.ts';
import { failure } from '../../workflows/failures.ts';
import { heldFakes, type FakeSet } from '../fakes/approval-activities.ts';
import { heldInput, heldStart } from '../fakes/held-input.ts';
import { runPrintedCommand } from '../set-up/printed-command.ts';
import { sharedServer } from '../set-up/servers.ts';
import { countKinds, eventsOf, summariesOf } from '../set-up/workflow-history.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const fakes = heldFakes();
const workers = withWorkers({ activities: fakes.activities });

type Handle = WorkflowHandleWithStartDetails<typeof decideHeld>;

interface Asked {
  readonly input: DecideHeldInput;
  readonly set: FakeSet;
  readonly handle: Handle;
  status(): Promise<HeldStatus>;
  /** A verdict on what is asked now. */
  verdict(overrides?: Partial<Verdict>): Promise<Verdict>;
  decide(overrides?: Partial<Verdict>): Promise<Answer>;
}

async function ask(overrides: Partial<DecideHeldInput> = {}): Promise<Asked> {
  const input = heldInput(overrides);
  const set = fakes.set(input.digest);
  const handle = await workers().client.workflow.start<typeof decideHeld>(
    'decideHeld',
    heldStart(input),
  );
  return askedOf(input, set, handle);
}

function askedOf(input: DecideHeldInput, set: FakeSet, handle: Handle): Asked {
  const status = (): Promise<HeldStatus> => handle.query(statusQuery);
  const verdict = async (overrides: Partial<Verdict> = {}): Promise<Verdict> => {
    const { request } = await status();
    return {
      requestId: request.id,
      digest: request.digest,
      verdict: 'approve',
      decisionId: `cli:${randomUUID()}`,
      by: { provider: 'cli', user: 'ana' },
      ...overrides,
    };
  };
  return {
    input,
    set,
    handle,
    status,
    verdict,
    async decide(given) {
      const whole = await verdict(given);
      return handle.executeUpdate(decideUpdate, { updateId: whole.decisionId, args: [whole] });
    },
  };
}

/** The name and the sentence of a refusal. */
async function refusal(answer: Promise<unknown>): Promise<string> {
  const error: unknown = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  const { type, message } = (error as WorkflowUpdateFailedError).cause as ApplicationFailure;
  return `${type}: ${message}`;
}

async function attributes({ handle }: Asked): Promise<Readonly<Record<string, unknown>>> {
  const { typedSearchAttributes } = await handle.describe();
  const pairs = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
  return Object.fromEntries(pairs) as Readonly<Record<string, unknown>>;
}

async function details({ handle }: Asked): Promise<string> {
  return JSON.stringify(await handle.query('__temporal_workflow_metadata'));
}

describe('a question about held deletions', () => {
  test('is shown with its deadline and the commands that answer it', async () => {
    const asked = await ask();

    const { request, stage } = await asked.status();
    await expect
      .poll(async () => (await attributes(asked))['AwaitingHuman'], { timeout: 10_000 })
      .toBe(true);

    expect(stage).toBe('awaiting-approval');
    expect((await attributes(asked))['Deadline']).toEqual(new Date(request.expiresAtMs));
    const text = await details(asked);
    expect(text).toContain('delete 7 of 40 documents?');
    expect(text).toContain(`npm run cli -- approve ${asked.input.digest.slice(0, 8)}`);
    expect(text).toContain(request.id);
    await asked.handle.terminate();
  });

  test("is answered by the command of Temporal's own CLI that its details print", async () => {
    const asked = await ask();

    await runPrintedCommand(asked.handle, '"approve"', workers().namespace);

    expect(await asked.handle.result()).toMatchObject({ outcome: 'approved' });
    expect(asked.set.verdict()).toMatchObject({ by: userInfo().username, proven: false });
  });

  test('approved deletes, tells the knowledge base and looks whether it has forgotten them', async () => {
    const asked = await ask();

    const answer = await asked.decide({ reason: 'They moved.' });
    const outcome = await asked.handle.result();

    expect(answer).toEqual({
      verdict: 'approve',
      terminal: true,
      approvals: 1,
      quorum: 1,
      repeated: false,
    });
    expect(outcome).toMatchObject({ outcome: 'approved', deleted: 7, dropped: 0 });
    expect(outcome.because).toMatch(
      /^Approved by ana on .* UTC: 7 documents deleted\. The knowledge base no longer has them\.$/,
    );
    expect(asked.set.calls).toEqual(['record approved', 'delete', 'verify']);
    expect(asked.set.verdict()).toMatchObject({ by: 'ana', proven: false });
    expect(asked.set.problem()).toBeNull();
    const found = await attributes(asked);
    expect(found).toMatchObject({ Outcome: 'approved', DocumentsChanged: 7 });
    expect(found).not.toHaveProperty('AwaitingHuman');
    expect(found).not.toHaveProperty('Deadline');
    expect(summariesOf(await eventsOf(asked.handle))).toContain('approved by ana');
  });

  test('approved, a new baseline is accepted and nothing is deleted', async () => {
    const asked = await ask({ kind: 'shrunken' });
    await expect
      .poll(() => details(asked), { timeout: 10_000 })
      .toContain('accept 7 documents of 40 with much less text?');
    const { request, kind } = await asked.status();

    await asked.decide();

    expect(kind).toBe('shrunken');
    expect(request.subject).toBe(`the shrunken documents of source "${asked.input.source}"`);
    const outcome = await asked.handle.result();
    expect(outcome).toMatchObject({ outcome: 'approved', deleted: 0, dropped: 0 });
    expect(outcome.because).toMatch(
      /^Approved by ana on .*: the next run stores the shorter texts/,
    );
    expect(asked.set.calls).toEqual(['record approved', 'accept']);
  });

  test.each([
    ['shrunken', 'the stored versions stay'],
    ['violations', 'runs like this one delete nothing'],
    ['drift', 'nothing is read as long as the source has this shape'],
  ] as const)('rejected, a question about %s changes nothing', async (kind, sentence) => {
    const asked = await ask({ kind });

    await asked.decide({ verdict: 'reject' });

    expect((await asked.handle.result()).because).toContain(sentence);
    expect(asked.set.calls).toEqual(['record rejected']);
  });

  test('rejected keeps everything', async () => {
    const asked = await ask();

    await asked.decide({ verdict: 'reject', reason: 'The site is moving.' });

    expect(await asked.handle.result()).toMatchObject({ outcome: 'rejected', deleted: 0 });
    expect(asked.set.calls).toEqual(['record rejected']);
  });

  test('that nobody answers in time keeps everything, and says so', async () => {
    const asked = await ask({ windowMs: 400 });

    const outcome = await asked.handle.result();

    expect(outcome).toMatchObject({ outcome: 'expired', deleted: 0 });
    expect(outcome.because).toContain('Nobody decided in time');
    expect(asked.set.calls).toEqual(['record expired']);
  });

  test('is over when a newer set took its place, whoever says so', async () => {
    const asked = await ask();
    await asked.handle.signal(supersedeSignal);
    await expect.poll(() => asked.status().then(({ stage }) => stage)).toBe('awaiting-approval');

    asked.set.state = 'superseded';
    await createApprovals(workers().client).supersede([asked.input]);

    expect(await asked.handle.result()).toMatchObject({ outcome: 'superseded', deleted: 0 });
    expect(asked.set.calls).toEqual([]);
  });

  test('is asked once, however often runs hold the set', async () => {
    const input = heldInput();
    const approvals = createApprovals(workers().client);

    await Promise.all([approvals.ask(input), approvals.ask(input), approvals.ask(input)]);

    const handle = workers().client.workflow.getHandle<typeof decideHeld>(
      heldStart(input).workflowId,
    );
    const { runId } = await handle.describe();
    await approvals.ask(input);
    expect((await handle.describe()).runId).toBe(runId);
    expect(await approvals.isRunning(handle.workflowId)).toBe(true);
    await handle.terminate();
    expect(await approvals.isRunning(handle.workflowId)).toBe(false);
    expect(await approvals.isRunning('held:nobody:00000000')).toBe(false);
    await approvals.supersede([input, { ...input, source: 'nobody' }]);
  });

  test('can be given more time, at most a week in all', async () => {
    const asked = await ask({ windowMs: 3_600_000 });
    const { request, openedAtMs } = await asked.status();
    const wish = (hours: number, requestId = request.id) =>
      asked.handle.executeUpdate(extendDeadlineUpdate, {
        args: [{ requestId, by: { provider: 'cli', user: 'ana' }, hours }],
      });

    const first = await wish(2);
    const second = await wish(168);

    expect(first.expiresAtMs - openedAtMs).toBe(3 * 3_600_000);
    expect(second.expiresAtMs - openedAtMs).toBe(168 * 3_600_000);
    expect(await refusal(wish(1))).toContain('which is the longest');
    expect(await refusal(wish(1, 'another'))).toMatch(/^StaleDecision/);
    expect(await refusal(wish(1000))).toContain('hours from 1 to 168');
    await expect
      .poll(async () => (await attributes(asked))['Deadline'], { timeout: 10_000 })
      .toEqual(new Date(second.expiresAtMs));
    await asked.handle.terminate();
  });
});

describe('decisions', () => {
  test('twice with the same id are one, by update and by signal', async () => {
    const asked = await ask({ quorum: 2 });
    const verdict = await asked.verdict();
    const update = () =>
      asked.handle.executeUpdate(decideUpdate, { updateId: randomUUID(), args: [verdict] });

    const first = await update();
    await asked.handle.signal(approveSignal, verdict);
    const again = await update();

    expect([first.repeated, again.repeated]).toEqual([false, true]);
    expect(await asked.status()).toMatchObject({ approvals: 1, refusedTotal: 0 });
    await asked.decide({ by: { provider: 'cli', user: 'ben' } });
    expect(await asked.handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('racing each other: exactly one wins, and the other is told who', async () => {
    const asked = await ask();
    const ben = { provider: 'slack', user: 'ben' } as const;

    const raced = await Promise.allSettled([
      asked.decide(),
      asked.decide({ verdict: 'reject', by: ben }),
    ]);
    const outcome = await asked.handle.result();

    const won = raced.find(({ status }) => status === 'fulfilled');
    const lost = raced.find(({ status }) => status === 'rejected');
    expect(won).toBeDefined();
    const reason = (lost as PromiseRejectedResult).reason as Error;
    const late = reason instanceof WorkflowNotFoundError;
    expect(late || String(reason.cause)).toSatisfy(
      (text: unknown) => text === true || String(text).includes('was answered with'),
    );
    const approved = raced[0]?.status === 'fulfilled';
    expect(outcome.outcome).toBe(approved ? 'approved' : 'rejected');
    expect(asked.set.calls).toHaveLength(approved ? 3 : 1);
  });

  test('by signal count too, and those that contradict their own name do not', async () => {
    const asked = await ask();
    const { verdict: _verdict, ...rest } = await asked.verdict();

    await asked.handle.signal(approveSignal, { ...rest, verdict: 'reject' });
    await expect.poll(async () => (await asked.status()).refusedTotal).toBe(1);
    await asked.handle.signal(rejectSignal, rest);

    expect(await asked.handle.result()).toMatchObject({ outcome: 'rejected' });
    expect((await asked.status()).refused).toMatchObject([
      { failure: 'junk', door: 'signal approve' },
    ]);
  });

  test.each([
    ['for an unknown question', { requestId: 'nobody-asked' }, /^StaleDecision: .*is asked now/],
    ['for another set', { digest: 'f'.repeat(64) }, /^StaleDecision: This answers for "ffffffff"/],
    ['that mean nothing here', { verdict: 'request-changes' }, /^NotAllowed: .*approve, reject/],
    ['that cannot be read', { by: 'ana' as never }, /^StaleDecision: A decision needs requestId/],
  ] as const)('%s are refused, and nothing is decided', async (_what, overrides, sentence) => {
    const asked = await ask();

    expect(await refusal(asked.decide(overrides))).toMatch(sentence);

    expect((await asked.status()).closed).toBeUndefined();
    expect(asked.set.calls).toEqual([]);
    // A refused update leaves nothing in the history.
    expect(countKinds(await eventsOf(asked.handle))).not.toHaveProperty(
      'workflowExecutionUpdateAccepted',
    );
    await asked.handle.terminate();
  });

  test('of people who may not decide are refused, also by signal, where the refusal is kept', async () => {
    const asked = await ask({ approvers: ['ana'] });
    const ben = { provider: 'slack', user: 'ben' } as const;

    expect(await refusal(asked.decide({ by: ben }))).toContain('"ben" may not decide');
    expect(await refusal(asked.decide())).toContain('Nothing proves that this comes from "ana"');
    await asked.handle.signal(approveSignal, await asked.verdict({ by: ben }));

    await expect
      .poll(async () => (await asked.status()).refused)
      .toMatchObject([{ failure: 'NotAllowed', door: 'signal approve', by: 'slack:ben' }]);
    await asked.handle.terminate();
  });

  test('count for listed approvers where the frontend knows its callers', async () => {
    const asked = await ask({ approvers: ['ana'], authorisedFrontend: true });

    await asked.decide();

    expect(await asked.handle.result()).toMatchObject({ outcome: 'approved' });
    expect(asked.set.verdict()).toMatchObject({ by: 'ana', proven: true });
  });

  test('that come while the deletions run are told who was first', async () => {
    const asked = await ask();
    let letGo = (): void => undefined;
    asked.set.beforeRecord = () => new Promise((resolve) => (letGo = resolve));
    const late = await asked.verdict({ by: { provider: 'cli', user: 'ben' } });
    await asked.decide();

    const told = refusal(asked.handle.executeUpdate(decideUpdate, { args: [late] }));

    expect(await told).toMatch(/^AlreadyDecided: .* by "ana" on /);
    await expect.poll(() => letGo.length).toBe(1);
    letGo();
    expect(await asked.handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('that come when all is over meet a closed workflow', async () => {
    const asked = await ask();
    const late = await asked.verdict();
    await asked.decide({ verdict: 'reject' });
    await asked.handle.result();

    const update = asked.handle.executeUpdate(decideUpdate, { args: [late] });

    await expect(update).rejects.toBeInstanceOf(WorkflowNotFoundError);
    expect(await asked.status()).toMatchObject({
      stage: 'closed',
      closed: { outcome: 'reject', by: 'ana' },
      outcome: { outcome: 'rejected' },
    });
  });

  test('that come while no worker runs are taken when one does: a signal waits, and so does who sent an update', async () => {
    const input = heldInput();
    const first = await workerOn('late');
    const handle = await workers().client.workflow.start<typeof decideHeld>('decideHeld', {
      ...heldStart(input),
      taskQueue: 'late',
    });
    const asked = askedOf(input, fakes.set(input.digest), handle);
    const verdict = await asked.verdict();
    await first.stop();

    await handle.signal(approveSignal, null as never);
    const answer = handle.executeUpdate(decideUpdate, { args: [verdict] });
    const second = await workerOn('late');

    expect(await answer).toMatchObject({ verdict: 'approve', terminal: true });
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
    expect(await asked.status()).toMatchObject({ refusedTotal: 1 });
    await second.stop();
  });

  test('of a person lose against a newer set that the database knows of', async () => {
    const asked = await ask();
    asked.set.beforeRecord = () => void (asked.set.state = 'superseded');

    await asked.decide();

    expect(await asked.handle.result()).toMatchObject({ outcome: 'superseded', deleted: 0 });
    expect(asked.set.calls).toEqual(['record approved']);
  });

  test('that were taken before this workflow was lost are carried out by the next one', async () => {
    const input = heldInput();
    fakes.set(input.digest).state = 'approved';

    const outcome = await workers().client.workflow.execute<typeof decideHeld>(
      'decideHeld',
      heldStart(input),
    );

    expect(outcome).toMatchObject({ outcome: 'approved', deleted: 7 });
    expect(fakes.set(input.digest).calls).toEqual(['delete', 'verify']);
  });
});

/** A worker of its own, to be stopped and started. */
async function workerOn(taskQueue: string): Promise<{ stop(): Promise<void> }> {
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const { namespace } = workers();
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities: fakes.activities,
    workflowBundle: { codePath: await sharedServer('workflows') },
  });
  const ended = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}

describe('junk', () => {
  test('of every kind, also a megabyte of it, breaks nothing and decides nothing', async () => {
    const asked = await ask();
    const junk: unknown[] = [
      null,
      undefined,
      'approve',
      42,
      [],
      {},
      { requestId: {} },
      { by: null },
      { requestId: 'x'.repeat(1_000_000), by: { provider: 'cli', user: 'ana' } },
    ];

    for (const one of junk) {
      await asked.handle.signal(approveSignal, one as never);
      await asked.handle.signal(rejectSignal, one as never);
    }

    await expect
      .poll(async () => (await asked.status()).refusedTotal, { timeout: 15_000 })
      .toBe(junk.length * 2);
    const { refused, closed } = await asked.status();
    expect(refused).toHaveLength(10);
    expect(closed).toBeUndefined();
    await asked.decide({ verdict: 'reject' });
    expect(await asked.handle.result()).toMatchObject({ outcome: 'rejected' });
  });

  test('in floods makes the workflow begin anew, with the same question and the earlier answers', async () => {
    const asked = await ask({ maxMessages: 5, quorum: 2 });
    const first = await asked.verdict({ decisionId: 'cli:first' });
    await asked.handle.executeUpdate(decideUpdate, { args: [first] });
    for (let count = 0; count < 12; count += 1)
      await asked.handle.signal(approveSignal, null as never);
    await expect
      .poll(async () => (await asked.handle.describe()).runId, { timeout: 15_000 })
      .not.toBe(asked.handle.firstExecutionRunId);

    const newest = workers().client.workflow.getHandle<typeof decideHeld>(asked.handle.workflowId);
    const status = await newest.query(statusQuery);
    const again = await newest.executeUpdate(decideUpdate, { args: [first] });
    const by = { provider: 'cli', user: 'ben' } as const;
    await newest.executeUpdate(decideUpdate, {
      args: [{ ...first, decisionId: 'cli:second', by }],
    });

    expect(status.request.id).toBe(first.requestId);
    expect(again.repeated).toBe(true);
    expect(await newest.result()).toMatchObject({ outcome: 'approved' });
  });
});

describe('deleting', () => {
  test('waits while the source is being collected', async () => {
    const asked = await ask();
    asked.set.deletions.push(
      failure('Conflict', 'It is being collected.', { retryAfterMs: 10 }),
      failure('Conflict', 'It is being collected.', { retryAfterMs: 10 }),
    );

    await asked.decide();

    expect(await asked.handle.result()).toMatchObject({ outcome: 'approved', deleted: 7 });
    expect(asked.set.calls.filter((call) => call === 'delete')).toHaveLength(3);
  });

  test('says how many came back meanwhile, and asks no knowledge base when all did', async () => {
    const [some, all] = [await ask(), await ask()];
    some.set.dropped = 2;
    all.set.dropped = 7;

    await Promise.all([some.decide(), all.decide()]);

    expect((await some.handle.result()).because).toContain(
      '5 documents deleted, 2 left out because the source has shown them again',
    );
    expect(await all.handle.result()).toMatchObject({ deleted: 0, dropped: 7 });
    expect(all.set.calls).not.toContain('verify');
  });

  test('that the knowledge base does not follow ends as IngestionFailed, with what it still has', async () => {
    const asked = await ask();
    asked.set.check = { asked: 7, found: ['s3://docs/a.md'], foundTotal: 1 };

    await asked.decide();
    const outcome = await asked.handle.result();

    expect(outcome).toMatchObject({ outcome: 'approved', failure: 'IngestionFailed', deleted: 7 });
    expect(outcome.because).toContain('still has 1 of 7 documents that were looked for');
    expect(asked.set.problem()).toContain('"s3://docs/a.md"');
    expect(await attributes(asked)).toMatchObject({ FailureName: 'IngestionFailed' });
  });

  test('of documents that come back and go again while the knowledge base is asked is asked about anew', async () => {
    const asked = await ask();
    asked.set.whileVerifying = () => void (asked.set.state = 'open');
    const { request: first } = await asked.status();
    await asked.decide();
    await expect
      .poll(async () => (await asked.handle.describe()).runId, { timeout: 15_000 })
      .not.toBe(asked.handle.firstExecutionRunId);

    const newest = workers().client.workflow.getHandle<typeof decideHeld>(asked.handle.workflowId);
    const { request: second, stage } = await newest.query(statusQuery);

    expect([stage, second.id === first.id]).toEqual(['awaiting-approval', false]);
    const { id: requestId, digest } = second;
    const by = { provider: 'cli', user: 'ana' } as const;
    await newest.executeUpdate(decideUpdate, {
      args: [{ requestId, digest, verdict: 'reject', decisionId: 'x', by }],
    });
    expect(await newest.result()).toMatchObject({ outcome: 'rejected' });
  });

  test('that fails for good fails the workflow by its name; the next run starts it again', async () => {
    const asked = await ask();
    asked.set.deletions.push(failure('AccessDenied', 'The worker may not call s3:DeleteObject.'));
    await asked.decide();
    await expect(asked.handle.result()).rejects.toMatchObject({
      cause: { cause: { type: 'AccessDenied' } },
    });

    await createApprovals(workers().client).ask(asked.input);
    const next = workers().client.workflow.getHandle<typeof decideHeld>(asked.handle.workflowId);

    expect(await next.result()).toMatchObject({ outcome: 'approved', deleted: 7 });
  });
});
