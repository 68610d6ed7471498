import type { KyselyPlugin } from 'kysely';
import type { Objects } from '../../../adapters/aws/objects.ts';
import type { Database } from '../../../adapters/postgres/database.ts';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';

/**
 * Dependencies of a process that dies at its n-th step: just before its n-th effect, when the ones before it have come through. What dies
 * after an effect leaves what dies before the next one leaves, or its transaction has no end and it never was. Nothing works after that.
 */
export interface CrashingDependencies {
  readonly deps: Partial<CollectionDependencies>;
  /** Did it come to the point? */
  died(): boolean;
  /** What it was about to do. */
  lastStep(): string;
}

export function crashingAt(
  { db, objects, tuning }: CollectionDependencies,
  point: number,
): CrashingDependencies {
  let steps = 0;
  let last = '';
  const live = (): void => {
    if (steps >= point) throw new Error('killed');
  };
  const step = (name: string): void => {
    live();
    steps += 1;
    if (steps >= point) last = name;
    live();
  };
  return {
    // One upload at a time, so that the points have an order.
    deps: {
      db: crashingDatabase(db, { step, live }),
      objects: crashingObjects(objects, { step, live }),
      tuning: { ...tuning, uploads: 1 },
    },
    died: () => steps >= point,
    lastStep: () => last,
  };
}

interface Life {
  /** Throws when this step is the last one, or was before. */
  readonly step: (name: string) => void;
  /** Throws when it is over. */
  readonly live: () => void;
}

function crashingDatabase(db: Database, { step, live }: Life): Database {
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      step(node.kind);
      return node;
    },
    transformResult({ result }) {
      live();
      return Promise.resolve(result);
    },
  };
  return db.withPlugin(plugin);
}

function crashingObjects(objects: Objects, { step, live }: Life): Objects {
  const around = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    step(name);
    const result = await work();
    live();
    return result;
  };
  return {
    ...objects,
    put: (request) => around(`put ${request.key}`, () => objects.put(request)),
    putFile: (request) => around(`put ${request.key}`, () => objects.putFile(request)),
    removeMany: (request) => around('remove', () => objects.removeMany(request)),
  };
}
