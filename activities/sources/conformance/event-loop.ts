import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Watches how long the event loop stands still; `stop` answers the longest time in milliseconds. */
export function watchEventLoop(): { stop(): number } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    stop() {
      histogram.disable();
      return histogram.count === 0 ? 0 : histogram.max / 1e6;
    },
  };
}

const RESOLUTION_MS = 20;
