import type {
  ApprovalActivities,
  HeldState,
  RecordedVerdict,
  RecordReminderInput,
  RemovalCheck,
} from '../../workflows/approval/activities.ts';
import type { CollectionActivities } from '../../workflows/collection/activities.ts';

/** The rows of held sets, as small as the workflow can tell; one a digest. */
export interface HeldFakes {
  readonly activities: ApprovalActivities & Pick<CollectionActivities, 'requestKnowledgeBaseSync'>;
  set(digest: string): FakeSet;
}

export interface FakeSet {
  /** How the row stands; a newer run may change it. */
  state: HeldState | 'missing';
  readonly verdict: () => RecordedVerdict;
  /** What was called, in order. */
  readonly calls: readonly string[];
  readonly reminders: readonly RecordReminderInput[];
  /** What deleting answers; an error is thrown once. */
  readonly deletions: Error[];
  dropped: number;
  check: RemovalCheck | Error;
  /** What was recorded of the knowledge base; undefined before. */
  readonly problem: () => string | null | undefined;
  /** Called in front of every record of a verdict. */
  beforeRecord: () => Promise<void> | void;
  /** Called while the knowledge base is asked. */
  whileVerifying: () => void;
}

const CANDIDATES = 7;

export function heldFakes(): HeldFakes {
  const sets = new Map<string, FakeSet & Row>();
  const of = (digest: string): FakeSet & Row => {
    const found = sets.get(digest) ?? createSet();
    sets.set(digest, found);
    return found;
  };
  return {
    set: of,
    activities: {
      readHeldSet: ({ digest }) => Promise.resolve(of(digest).read()),
      recordVerdict: ({ digest, ...verdict }) => of(digest).record(verdict),
      recordReminder: async (reminder) => of(reminder.digest).remind(reminder),
      deleteHeld: async ({ digest }) => of(digest).remove(),
      verifyRemovals: async ({ digest }) => of(digest).verify(),
      recordVerification: async ({ digest, problem }) => of(digest).conclude(problem),
      acceptBaseline: async ({ digest }) => of(digest).accept(),
      requestKnowledgeBaseSync: () => Promise.resolve(),
    },
  };
}

interface Row {
  read(): RecordedVerdict;
  record(verdict: Omit<RecordedVerdict, 'executed'>): Promise<RecordedVerdict>;
  remind(reminder: RecordReminderInput): void;
  remove(): { deleted: number; dropped: number };
  verify(): RemovalCheck;
  conclude(problem: string | null): void;
  accept(): void;
}

function createSet(): FakeSet & Row {
  const calls: string[] = [];
  const reminders: RecordReminderInput[] = [];
  let recorded: Omit<RecordedVerdict, 'executed' | 'state'> = {};
  let problem: string | null | undefined;
  const set: FakeSet & Row = {
    state: 'open',
    calls,
    reminders,
    deletions: [],
    dropped: 0,
    check: { asked: CANDIDATES, found: [], foundTotal: 0 },
    verdict: () => set.read(),
    problem: () => problem,
    beforeRecord: () => undefined,
    whileVerifying: () => undefined,
    read: () => ({ ...recorded, state: set.state, executed: false }),
    async record({ state, by, atMs, proven }) {
      await set.beforeRecord();
      calls.push(`record ${state}`);
      if (set.state === 'open') {
        set.state = state;
        recorded = {
          ...(by ? { by } : {}),
          ...(atMs === undefined ? {} : { atMs }),
          ...(proven === undefined ? {} : { proven }),
        };
      }
      return set.read();
    },
    remind(reminder) {
      reminders.push(reminder);
    },
    remove() {
      calls.push('delete');
      const error = set.deletions.shift();
      if (error) throw error;
      return { deleted: CANDIDATES - set.dropped, dropped: set.dropped };
    },
    verify() {
      calls.push('verify');
      set.whileVerifying();
      if (set.check instanceof Error) throw set.check;
      return set.check;
    },
    accept() {
      calls.push('accept');
    },
    conclude(found) {
      problem = found;
    },
  };
  return set;
}
