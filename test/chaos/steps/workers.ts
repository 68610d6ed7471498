import type { Arena } from '../arena.ts';
import type { CrewMember } from '../crew.ts';
import type { Step } from '../fault.ts';
import type { SourceId } from '../sources/source.ts';
import type { Story } from '../story.ts';
import { until } from './runs.ts';

/** What is counted when a signal met a worker with a running activity. */
export const MET = {
  SIGKILL: 'workers killed while they collected',
  SIGSTOP: 'workers stopped while they collected',
  SIGTERM: 'workers told to end while they collected',
} as const;

/** Sends the signal to the worker that collects this source. */
export function signalBusy(signal: keyof typeof MET, source: SourceId): Step {
  return {
    says: `${signal} to the worker that collects "${source}"`,
    async act(arena, story) {
      const member = await busyWith(arena, story, source);
      await arena.crew.signal(member, signal);
      arena.count(MET[signal]);
    },
  };
}

/** Lets all stopped workers go on. */
export const continueStopped: Step = {
  says: 'SIGCONT to the stopped worker',
  async act({ crew }) {
    for (const member of crew.members().filter(({ stopped }) => stopped))
      await crew.signal(member, 'SIGCONT');
  },
};

/** The worker on which the activity of the source's run is under way. */
export async function busyWith(
  { crew }: Arena,
  story: Story,
  source: SourceId,
): Promise<CrewMember> {
  let found: CrewMember | undefined;
  await until(async () => {
    const { raw } = await story.handleOf(source).describe();
    const [activity] = raw.pendingActivities ?? [];
    const pid =
      activity && Number(activity.state) === STARTED
        ? pidIn(activity.lastWorkerIdentity)
        : undefined;
    found = crew.members().find((member) => member.pid === pid && !member.stopped);
    return found !== undefined;
  }, `an activity of "${source}" under way`);
  if (!found) throw new Error('It was found a moment ago.');
  return found;
}

/** PENDING_ACTIVITY_STATE_STARTED */
const STARTED = 2;

/** Of `wellspring-collect@host#123`. */
function pidIn(identity: string | null | undefined): number {
  return Number(identity?.split('#').at(-1));
}
