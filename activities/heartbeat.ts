import { activityInfo, heartbeat } from '@temporalio/activity';

const MAX_INTERVAL_MS = 30_000;

/**
 * Beats at entry and then every third of the heartbeat timeout, at most 30 seconds apart, with the newest `details` (below 2 KB), until
 * `work` ends. The timer lives in the event loop: work that blocks it is rightly declared dead.
 */
export async function withHeartbeat<T>(details: () => unknown, work: () => Promise<T>): Promise<T> {
  const timeoutMs = activityInfo().heartbeatTimeoutMs ?? MAX_INTERVAL_MS * 3;
  heartbeat(details());
  const timer = setInterval(() => heartbeat(details()), Math.min(MAX_INTERVAL_MS, timeoutMs / 3));
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
