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

function troubled({ cloud }: Arena): number {
  const answers = cloud.bedrock.requests.all().filter(({ status }) => Number(status) >= 400);
  const jobs = gatherJobs(cloud).filter(({ status }) => status !== 'COMPLETE');
  return answers.length + jobs.length;
}

export const f12: Fault = {
  id: 'F12',
  title: 'ingestion is refused, throttled, fails or gets stuck',
  workload: { feed: 20, shop: 20, site: 6 },
  script(random) {
    const stuck = random.chance(0.3);
    const [first, second] = random.some(2, KINDS.length).map((at) => KINDS[at - 1] ?? []);
    return [
      ...(stuck ? [bedrockFault({ kind: 'job-sticks' })] : [bedrockFault(...(first ?? []))]),
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
  observe: (arena) => ({ 'refused requests and broken jobs': troubled(arena) }),
  heals: 'by itself',
};
