import { appendFileSync } from 'node:fs';
import { Worker, type WorkerOptions } from '@temporalio/worker';

// Loaded before the worker program (`--import`): every activity of that process is executed twice, one after the other or at the same time.

type Activity = (...args: readonly unknown[]) => Promise<unknown>;

const mode = process.env['CHAOS_TWICE'];
const logFile = process.env['CHAOS_TWICE_LOG'] ?? '/dev/null';

if (mode === 'sequence' || mode === 'together') {
  const create = Worker.create.bind(Worker);
  Worker.create = (options: WorkerOptions) =>
    create(options.activities ? { ...options, activities: doubled(options.activities) } : options);
}

function doubled(activities: object): Readonly<Record<string, Activity>> {
  return Object.fromEntries(
    Object.entries(activities as Record<string, Activity>).map(([name, activity]) => [
      name,
      twice(name, activity),
    ]),
  );
}

function twice(name: string, activity: Activity): Activity {
  return async (...args) => {
    if (mode === 'sequence') {
      await activity(...args);
      const second = await activity(...args);
      appendFileSync(logFile, `${name}\n`);
      return second;
    }
    const both = await Promise.allSettled([activity(...args), activity(...args)]);
    appendFileSync(logFile, `${name}\n`);
    const done = both.findLast((one) => one.status === 'fulfilled');
    if (done) return done.value;
    throw both.find((one) => one.status === 'rejected')?.reason;
  };
}
