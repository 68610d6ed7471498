import { sql } from 'kysely';
import type { Fault as BedrockFault } from '../../../local/bedrock/faults.ts';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { gatherJobs } from '../gather/cloud.ts';
import { collect, editAll, rest, runsEnd, until } from '../steps/runs.ts';
import { bedrockFault } from '../steps/services.ts';

const START = 'StartIngestionJob';

const KINDS: readonly (readonly [BedrockFault, ...BedrockFault[]])[] = [
  [{ kind: 'throttle', operation: START, times: 4 }],
  [{ kind: 'conflict', operation: START, times: 1 }],
  [{ kind: 'internal-error', operation: 'GetIngestionJob', times: 5 }],
  [{ kind: 'job-fails', times: 2 }],
];

/** As a person does it in the console. */
const stopStuckJob: Step = {
  says: 'a person stops the job that is stuck',
  async act({ cloud }) {
    const running = () => gatherJobs(cloud).find(({ status }) => status === 'IN_PROGRESS');
    await until(() => running() !== undefined, 'a stuck job');
    const { knowledgeBaseId, dataSourceId } = cloud.target;
    await cloud.knowledge.stopIngestion({
      knowledgeBaseId,
      dataSourceId,
      jobId: running()?.id ?? '',
      signal: AbortSignal.timeout(10_000),
    });
  },
};

const REFUSED = 'documents that a complete job refused';

/** Keys end in a hash: about one document in five. */
function refuseSome(digits: readonly string[]): Step {
  const refusal = { kind: 'document-fails', times: 1000, reason: 'It is encrypted.' } as const;
  return bedrockFault(...digits.map((digit) => ({ ...refusal, uri: `${digit}.md` })));
}

const refusalIsTold: Step = {
  says: 'the sync names what was refused, and people are told',
  async act(arena) {
    const { failed, notices } = await lastSync(arena);
    if (failed === 0) throw new Error('The last sync names no document.');
    if (notices === 0) throw new Error('Nobody is told.');
    arena.count(REFUSED, failed);
  },
};
const refusalIsOver: Step = {
  says: 'the next sync takes what was refused, and the notice is closed',
  async act(arena) {
    const { failed, notices } = await lastSync(arena);
    if (failed > 0 || notices > 0)
      throw new Error(`${failed} documents are refused still, ${notices} notices are open.`);
  },
};
const bedrockIsWell: Step = {
  says: 'Bedrock is well again',
  act: ({ cloud }) => Promise.resolve(cloud.bedrockFaults.clear()),
};

async function lastSync({ db }: Arena): Promise<{ failed: number; notices: number }> {
  const { rows } = await sql<{ failed: number; notices: number }>`
    select (select jsonb_array_length(failed_documents) from syncs order by started_at desc limit 1) as failed,
      (select count(*)::int from notices where kind = 'platform-failed' and closed_at is null) as notices`.execute(
    db,
  );
  return rows[0] ?? { failed: 0, notices: 0 };
}

function troubled({ cloud }: Arena): number {
  const answers = cloud.bedrock.requests.all().filter(({ status }) => Number(status) >= 400);
  const jobs = gatherJobs(cloud).filter(({ status }) => status !== 'COMPLETE');
  return answers.length + jobs.length;
}

export const f12: Fault = {
  id: 'F12',
  title: 'ingestion is refused, throttled, fails, gets stuck or refuses documents',
  workload: { feed: 20, shop: 20, site: 6 },
  script(random) {
    const stuck = random.chance(0.3);
    const [first, second] = random.some(2, KINDS.length).map((at) => KINDS[at - 1] ?? []);
    return [
      refuseSome(random.some(3, 16).map((at) => (at - 1).toString(16))),
      collect(),
      runsEnd('succeeded'),
      rest,
      refusalIsTold,
      bedrockIsWell,
      editAll,
      collect(),
      runsEnd('succeeded'),
      rest,
      refusalIsOver,
      ...(stuck ? [bedrockFault({ kind: 'job-sticks' })] : [bedrockFault(...(first ?? []))]),
      editAll,
      collect(),
      runsEnd('succeeded'),
      ...(stuck ? [stopStuckJob] : []),
      rest,
      bedrockFault(...(second ?? [])),
      editAll,
      collect(),
      runsEnd('succeeded'),
      rest,
    ];
  },
  observe: (arena) => ({
    'refused requests and broken jobs': troubled(arena),
    [REFUSED]: arena.seen.get(REFUSED) ?? 0,
  }),
  heals: 'by itself',
};
