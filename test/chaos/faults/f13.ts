import type { Fault } from '../fault.ts';
import { collect, rest, runsEnd } from '../steps/runs.ts';
import { bedrockFault } from '../steps/services.ts';

export const f13: Fault = {
  id: 'F13',
  title: 'an ingestion job is started, and the answer is lost',
  workload: { feed: 20 },
  script: (random) => [
    bedrockFault({
      kind: 'lost-answer',
      operation: 'StartIngestionJob',
      times: random.between(1, 3),
    }),
    collect(),
    runsEnd('succeeded'),
    rest,
  ],
  observe: ({ cloud }) => ({
    'lost answers': cloud.bedrock.requests.all().filter(({ status }) => status === 'lost').length,
  }),
  heals: 'by itself',
  expects: (_arena, { jobs }) =>
    jobs.length === 1 ? [] : [`${jobs.length} jobs were started for one change.`],
};
