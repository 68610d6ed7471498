import { documentHash } from '../../../activities/collection/identity.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd } from '../steps/runs.ts';
import { s3Fault, s3FaultsSeen, s3IsWell } from '../steps/services.ts';

const DOCUMENTS = 100;
const RETRIED = 'documents that the next run tried again';

function namedAsFailed(numbers: readonly number[]): Step {
  const wanted = numbers.map((number) => `feed-${number}`);
  return {
    says: `see that exactly ${wanted.join(', ')} are dead letters`,
    async act({ db }) {
      const rows = await db.selectFrom('dead_letters').select('doc_id').execute();
      const found = rows.map(({ doc_id }) => doc_id ?? '');
      const same = found.length === wanted.length && wanted.every((id) => found.includes(id));
      if (!same) throw new Error(`Dead letters are ${found.join(', ') || 'none'}.`);
    },
  };
}

/** Of each document a sidecar and a content, and nothing else. */
function retriesOnly(count: number): Step {
  return {
    says: `see that the next run writes ${count} documents`,
    async act(arena, story) {
      const before = arena.cloud.s3.requests.count('PutObject');
      await story.collect();
      await story.ends();
      const puts = arena.cloud.s3.requests.count('PutObject') - before;
      arena.count(RETRIED, puts / 2);
      if (puts !== 2 * count) throw new Error(`It sent ${puts} PUTs.`);
    },
  };
}

export const f10: Fault = {
  id: 'F10',
  title: 'one document of a hundred fails',
  workload: { feed: DOCUMENTS },
  script: (random) => {
    const numbers = random.some(random.between(1, 3), DOCUMENTS);
    const hashes = numbers.map((number) => documentHash(`feed-${number}`).slice(0, 32));
    return [
      s3Fault({
        kind: 'error500',
        operation: 'PutObject',
        keyMatches: new RegExp(`(${hashes.join('|')})`, 'u'),
      }),
      collect(),
      runsEnd('partial'),
      namedAsFailed(numbers),
      s3IsWell,
      retriesOnly(numbers.length),
      namedAsFailed([]),
    ];
  },
  observe: (arena) => ({
    'refused writes': s3FaultsSeen(arena, 'error500'),
    [RETRIED]: arena.seen.get(RETRIED) ?? 0,
  }),
  heals: 'by itself',
};
