import type { WorkerOptions } from '@temporalio/worker';
import type { TaskQueue, WorkerConfig } from './config.ts';

/** How many of what each task queue runs at once. Waiting is cheap, Chromium is not, and AWS allows one job start in ten seconds an account. */
export function queueOptions(queue: TaskQueue, config: WorkerConfig): Partial<WorkerOptions> {
  switch (queue) {
    case 'orchestration':
      return {
        maxConcurrentWorkflowTaskExecutions: 40,
        maxConcurrentLocalActivityExecutions: 100,
        maxConcurrentActivityTaskExecutions: 50,
        // About 1 MB each (temporal.md §7): bounded, because the isolate's memory lies outside of ours.
        maxCachedWorkflows: 500,
        // Nobody takes what is meant for the cache of a worker that was killed: this long, and then it goes to another. The default is twice that.
        stickyQueueScheduleToStartTimeout: '5 seconds',
      };
    case 'collect':
      return { maxConcurrentActivityTaskExecutions: config.WELLSPRING_COLLECT_SLOTS };
    case 'browser':
      return { maxConcurrentActivityTaskExecutions: config.WELLSPRING_BROWSER_SLOTS };
    case 'ingestion':
      return {
        maxConcurrentActivityTaskExecutions: 1,
        maxTaskQueueActivitiesPerSecond: config.WELLSPRING_INGESTION_STARTS_PER_SECOND,
      };
    default:
      throw new Error(`Task queue "${String(queue satisfies never)}" is not known.`);
  }
}
