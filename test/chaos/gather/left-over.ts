import { eventually, isRunning } from '../../fakes/processes.ts';
import type { Arena } from '../arena.ts';

/** A script whose worker was killed notices it when it writes next. */
const ENDS_WITHIN_MS = 5000;

/** Scripts that still run although no run does. */
export async function leftOver({ feed }: Arena): Promise<readonly number[]> {
  const pids = await feed.pids();
  await eventually(() => !pids.some((pid) => isRunning(pid)), ENDS_WITHIN_MS);
  return pids.filter((pid) => isRunning(pid));
}
