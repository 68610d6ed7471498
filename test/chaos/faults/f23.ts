import { connectTemporal } from '../../../adapters/temporal/connection.ts';
import { decideUpdate } from '../../../workflows/approval/messages.ts';
import type { Answer, Verdict } from '../../../workflows/approval/request.ts';
import { repairWorkflowId } from '../../../workflows/repair/ids.ts';
import type { Arena } from '../arena.ts';
import { cliThrough } from '../cli.ts';
import type { Fault, Step } from '../fault.ts';
import {
  broken,
  decide,
  incidentOf,
  moved,
  PAGES,
  repairEnds,
  SHORT_PROBATION,
  untilAsked,
  verdictNow,
} from '../steps/repairs.ts';
import { startTcpProxy, type ProxyRule, type TcpProxy } from '../tcp-proxy.ts';

const SWALLOWED = 'pieces of data between the door and Temporal that came to nothing';
const TRY_AGAIN = 'people who were told to try again';
const SAME = 'repeated decisions that were answered as the same one';

async function openDoor(arena: Arena): Promise<TcpProxy> {
  const door = await startTcpProxy({ host: '127.0.0.1', port: arena.stage.temporalPort });
  arena.defer(() => door.close());
  return door;
}

/** Nothing comes through: the command line says so, and what to do. */
const approveInTheDark: Step = {
  says: 'approve by the command line while nothing comes through the door',
  async act(arena) {
    const door = await openDoor(arena);
    door.apply({ kind: 'black-hole' });
    const incident = await incidentOf(arena);
    const args = ['approve', incident?.id ?? '', '--yes'] as const;
    const { code, output } = await cliThrough(arena, door.address, ...args);
    if (code === 0 || !/try again/u.test(output)) throw new Error(`It said: ${output}`);
    arena.count(TRY_AGAIN);
    arena.count(SWALLOWED, door.counters.swallowed);
  },
};

/** What is sent arrives or not; the answer does not come. Sent again with the same id once the door is well. */
function approveTwice(kind: 'half-open' | 'black-hole'): Step {
  return {
    says: `a bot approves while the door is ${kind}, and repeats it when it is well`,
    async act(arena) {
      const door = await openDoor(arena);
      const verdict = await verdictNow(arena, { decisionId: 'slack:1' });
      const first = await sendThrough(arena, door, { verdict, rule: { kind } });
      if (first !== 'unanswered') throw new Error('The answer came through.');
      arena.count(SWALLOWED, door.counters.swallowed);
      door.apply({ kind: 'pass' });
      const again = await decide(arena, verdict);
      if (!('answer' in again)) throw new Error(`The same decision was refused: ${again.refused}`);
      arena.count(SAME);
      const other = await decide(arena, { ...verdict, decisionId: 'cli:2' });
      if (!('refused' in other) || !other.refused.startsWith('AlreadyDecided'))
        throw new Error('Another approval was taken, too.');
    },
  };
}

const PATIENCE_MS = 2500;

async function sendThrough(
  { temporal: { namespace } }: Arena,
  door: TcpProxy,
  { verdict, rule }: { readonly verdict: Verdict; readonly rule: ProxyRule },
): Promise<Answer | 'unanswered'> {
  const bot = connectTemporal({ address: door.address, namespace });
  try {
    const handle = bot.client.workflow.getHandle(repairWorkflowId('default', 'wick'));
    await handle.describe();
    door.apply(rule);
    const options = { updateId: verdict.decisionId, args: [verdict] as [Verdict] };
    return await bot.connection.withDeadline(Date.now() + PATIENCE_MS, () =>
      handle.executeUpdate(decideUpdate, options),
    );
  } catch {
    return 'unanswered';
  } finally {
    await bot.close();
  }
}

export const f23: Fault = {
  id: 'F23',
  title: 'the door and Temporal lose each other at the decision',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script: (random) => [
    ...broken('second'),
    untilAsked,
    ...(random.chance(0.5) ? [approveInTheDark] : []),
    approveTwice(random.pick(['half-open', 'black-hole'])),
    repairEnds('pr-merged-unchanged'),
    moved('deployed'),
  ],
  observe: ({ seen }) => ({ [SWALLOWED]: seen.get(SWALLOWED) ?? 0, [SAME]: seen.get(SAME) ?? 0 }),
  heals: 'by itself',
};
