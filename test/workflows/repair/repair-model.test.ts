import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../workflows/approval/request.ts';
import { decideUpdate } from '../../../workflows/approval/messages.ts';
import { killSignal } from '../../../workflows/repair/messages.ts';
import type { DeployInput } from '../../../workflows/repair/activities.ts';
import {
  fixOf,
  proposalOf,
  proven,
  repairFakes,
  runOn,
  type FakeIncident,
} from '../../fakes/repair-activities.ts';
import { withWorkers } from '../../set-up/workflow-workers.ts';
import { repair, type RepairOnStage } from './repair-stage.ts';

const fakes = repairFakes();
const workers = withWorkers({ activities: fakes.activities });

/** Messages in any order; WELLSPRING_SEED chooses another ten orders. */
const FIRST_SEED = Number(process.env['WELLSPRING_SEED'] ?? '1');
const SEEDS = Array.from({ length: 10 }, (_, at) => FIRST_SEED + at);
const STEPS = 14;

interface Played {
  readonly one: RepairOnStage;
  readonly random: () => number;
  /** What was answered as an approval that closes its question. */
  readonly approved: Verdict[];
  readonly rejected: Verdict[];
  shown: Verdict | undefined;
}

type Move = (played: Played) => Promise<unknown>;

const MOVES: readonly Move[] = [
  // More often than the rest, so that half of the repairs come to a deployment.
  ...Array.from({ length: 5 }, (): Move => (played) => answer(played, 'approve')),
  (played) => answer(played, 'reject'),
  (played) => answer(played, 'request-changes'),
  // Of a question that may be over by now.
  async (played) =>
    played.shown && decide(played, { ...played.shown, decisionId: `${played.random()}` }),
  async (played) => (played.shown = await played.one.verdict()),
  ({ one }) => one.ran(),
  ({ one }) => one.rollBack(),
  ({ one }) => one.report(one.incident.id),
  ({ one }) => one.guide(),
  ({ one }) => one.handle.signal(killSignal, { by: 'ana', reason: '', on: true }),
  ({ one }) => one.handle.signal(killSignal, { by: 'ana', reason: '', on: false }),
  ({ one }) => one.handle.signal('approve', { junk: true }),
  async (played) => {
    const { one } = played;
    const verdict = played.random() < 0.3 ? 'bad' : 'good';
    one.incident.probation = { runs: [...one.incident.probation.runs, runOn(verdict)] };
    await one.ran();
  },
];

async function answer(played: Played, verdict: Verdict['verdict']): Promise<void> {
  await decide(played, { ...(await played.one.verdict()), verdict });
}

async function decide(played: Played, given: Verdict): Promise<void> {
  const { handle } = played.one;
  const answered = await handle.executeUpdate(decideUpdate, { args: [given] });
  if (answered.terminal && answered.verdict === 'approve') played.approved.push(given);
  if (answered.verdict === 'reject') played.rejected.push(given);
}

/** Refusals and closed repairs are answers here; anything else is a bug. */
async function play(move: Move, played: Played): Promise<void> {
  try {
    await move(played);
  } catch (error) {
    const isAnswer =
      error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError;
    if (!isAnswer && !String(error).includes('workflow execution already completed')) throw error;
  }
}

describe.concurrent('whatever comes in whatever order', () => {
  test.each(SEEDS)('the invariants of deploying hold (seed %i)', async (seed) => {
    const random = mulberry(seed);
    const isAutonomous = random() < 0.4;
    const one = await repair(workers().client, fakes, {
      settings: { phase: isAutonomous ? 'autonomous' : 'assisted', quorum: random() < 0.3 ? 2 : 1 },
      input: {
        maxMessages: 8,
        paces: { lookMs: 60, longestMs: 200, unreproducedMs: 800, holdMs: 200 },
      },
      set(incident) {
        if (isAutonomous) incident.calibration = proven();
        incident.proposals.splice(0, 1, ...['a', 'b', 'c'].map((name) => proposalOf(name)));
        incident.checks.splice(
          0,
          1,
          ...['a', 'b', 'c'].map((name) => ({ chosen: fixOf(name), failed: [] })),
        );
      },
    });
    const played: Played = { one, random, approved: [], rejected: [], shown: undefined };
    for (let step = 0; step < STEPS; step += 1) {
      await sleep(random() * 60);
      await play(MOVES[Math.floor(random() * MOVES.length)] ?? MOVES[0] ?? answerNothing, played);
    }
    await finish(played);

    expect(brokenInvariants(played)).toEqual([]);
  });
});

const answerNothing: Move = () => Promise.resolve();

/** Brings it to its end: nothing parks it, and whatever is asked is rejected. */
async function finish(played: Played): Promise<void> {
  const { one } = played;
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { status } = await one.handle.describe();
    if (status.name === 'COMPLETED') return;
    if (Date.now() > deadline) throw new Error(`It stands still: ${one.incident.calls.join(', ')}`);
    await play(
      ({ one: { handle } }) => handle.signal(killSignal, { by: 'x', reason: '', on: false }),
      played,
    );
    await play((given) => answer(given, 'reject'), played);
    if (one.incident.deployed.length > 0 && one.incident.rolledBack.length === 0) {
      one.incident.probation = { runs: [...one.incident.probation.runs, runOn('good')] };
      await play(() => one.ran(), played);
    }
    await sleep(50);
  }
}

/** repair 15: deployed if and only if one valid decision was made for exactly that digest; at most once; rolled back after a bad run. */
function brokenInvariants({ one: { incident }, approved, rejected }: Played): readonly string[] {
  const digests = incident.deployed.map(({ patchDigest }) => patchDigest);
  const outcome = incident.closed()?.outcome ?? 'none';
  const isBad = incident.probation.runs.some(({ verdict }) => verdict === 'bad');
  const undone = incident.rolledBack.length;
  const rules = {
    'deployed at most once': new Set(digests).size === digests.length,
    'deployed by a decision for exactly this': incident.deployed.every((deployed) =>
      isDecided(deployed, incident, approved),
    ),
    'never after a rejection': rejected.every(
      ({ digest }) => !digests.includes(digest.split('.')[0] ?? ''),
    ),
    'one outcome': outcome !== 'none',
    'rolled back only what was deployed': undone <= digests.length,
    'the outcome tells of a rollback': outcome.endsWith('rolled-back') === undone > 0,
    'no success with a bad run': !(SUCCESSES.has(outcome) && isBad),
    'nothing deployed without an outcome that says so': !(
      UNDEPLOYED.has(outcome) && digests.length > 0
    ),
  };
  return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]));
}

const SUCCESSES = new Set<string>(['auto-deployed-ok', 'pr-merged-unchanged', 'pr-merged-edited']);
const UNDEPLOYED = new Set<string>(['pr-rejected', 'pr-expired', 'recovered', 'not-reproduced']);

function isDecided(
  { patchDigest, policyHash, decidedBy, requestId }: DeployInput,
  { decisions }: FakeIncident,
  approved: readonly Verdict[],
): boolean {
  const own = decisions.filter((decision) => decision.patchDigest === patchDigest);
  if (decidedBy === 'gate') return own.some(({ verdict }) => verdict.decision === 'deploy');
  const answers = approved.filter((given) => given.requestId === requestId);
  return (
    own.some((decision) => decision.requestId === requestId) &&
    answers.some(({ digest }) => digest === `${patchDigest}.${policyHash}`)
  );
}

/** A small generator that gives the same numbers for the same seed. */
function mulberry(seed: number): () => number {
  let state = seed * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
