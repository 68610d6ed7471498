import type { KyselyPlugin } from 'kysely';
import type { Objects } from '../../../adapters/aws/objects.ts';
import type { Database } from '../../../adapters/postgres/database.ts';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';

/** Dependencies of a process that dies at its n-th step: each effect is two, before and after. Nothing works after that. */
export interface CrashingDependencies {
  readonly deps: Partial<CollectionDependencies>;
  /** Did it come to the point? */
  died(): boolean;
  /** What it was about to do, or had just done. */
  lastStep(): string;
}

export function crashingAt(
  { db, objects, tuning }: CollectionDependencies,
  point: number,
): CrashingDependencies {
  let steps = 0;
  let last = '';
  const step = (name: string): void => {
    if (steps >= point) throw new Error('killed');
    steps += 1;
    if (steps < point) return;
    last = name;
    throw new Error('killed');
  };
  return {
    // One upload at a time, so that the points have an order.
    deps: {
      db: crashingDatabase(db, step),
      objects: crashingObjects(objects, step),
      tuning: { ...tuning, uploads: 1 },
    },
    died: () => steps >= point,
    lastStep: () => last,
  };
}

function crashingDatabase(db: Database, step: (name: string) => void): Database {
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      step(`before ${node.kind}`);
      return node;
    },
    transformResult({ result }) {
      step('after a statement');
      return Promise.resolve(result);
    },
  };
  return db.withPlugin(plugin);
}

function crashingObjects(objects: Objects, step: (name: string) => void): Objects {
  const around = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    step(`before ${name}`);
    const result = await work();
    step(`after ${name}`);
    return result;
  };
  return {
    ...objects,
    put: (request) => around(`put ${request.key}`, () => objects.put(request)),
    putFile: (request) => around(`put ${request.key}`, () => objects.putFile(request)),
    removeMany: (request) => around('remove', () => objects.removeMany(request)),
  };
}
