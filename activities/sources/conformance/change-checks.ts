import { fail, pass, quoted, skipped, type Check, type Outcome } from './check.ts';
import {
  contentsOf,
  differences,
  knownAfter,
  lastCursor,
  listingOf,
  presentIds,
} from './readings.ts';
import type { ChangingSource } from './subject.ts';
import type { Message, Trial } from './trial.ts';

/** What happens to a source between two runs has to be seen by the second one. */
export const changeChecks: readonly Check[] = [
  changeCheck('update', 'a changed document comes again with its new content', updated),
  changeCheck(
    'delete',
    'a removed document is told as gone, or left out of a complete listing',
    deleted,
  ),
  changeCheck('union', 'a whole read equals what the runs since the beginning have left', union),
];

/** Four runs over one source: from the start, after an update, after a removal, and from the start again. */
interface Story {
  readonly start: readonly Message[];
  readonly update: readonly Message[];
  readonly updatedId: string | undefined;
  readonly removal: readonly Message[];
  /** Absent where nothing can be removed. */
  readonly removed?: { readonly id: string | undefined };
  readonly fresh: readonly Message[];
}

function changeCheck(word: string, title: string, judge: (story: Story) => Outcome): Check {
  return {
    id: `read.${word}`,
    group: 'read',
    title,
    needs: ['read.ends', 'read.same-ids'],
    async run(trial) {
      const { changing, howToGive } = trial.subject;
      if (changing === undefined)
        return skipped(
          `The source cannot be changed here. ${howToGive?.['changing'] ?? ''}`.trim(),
        );
      return judge(await storyOf(trial, changing));
    },
  };
}

/** Lived through once for all three. */
function storyOf(trial: Trial, changing: () => Promise<ChangingSource>): Promise<Story> {
  const known = stories.get(trial) ?? live(trial, changing);
  stories.set(trial, known);
  return known;
}

const stories = new WeakMap<Trial, Promise<Story>>();

async function live(trial: Trial, changing: () => Promise<ChangingSource>): Promise<Story> {
  const source = await changing();
  const { config } = source;
  try {
    const start = await runFrom(trial, source, []);
    const updatedId = await source.update();
    const update = await runFrom(trial, source, start);
    const removed = source.remove ? { id: await source.remove() } : undefined;
    const removal = removed ? await runFrom(trial, source, update) : [];
    const { messages: fresh, error } = await trial.read({
      config,
      env: trial.env({ startedAt: new Date() }),
    });
    if (error !== undefined) throw error;
    return { start, update, updatedId, removal, fresh, ...(removed ? { removed } : {}) };
  } finally {
    await source.close?.();
  }
}

/** One run as a worker would make it: from where `before` has ended, with what the manifest knows since. */
async function runFrom(
  trial: Trial,
  { config }: ChangingSource,
  before: readonly Message[],
): Promise<readonly Message[]> {
  const env = trial.env({ startedAt: new Date(), known: knownAfter(before) });
  const { messages, error } = await trial.read({ config, from: lastCursor(before), env });
  if (error !== undefined) throw error;
  return messages;
}

function updated({ start, update, updatedId }: Story): Outcome {
  const before = contentsOf(start);
  const now = contentsOf(update);
  const fresh = [...now].filter(([id, text]) => before.get(id) !== text).map(([id]) => id);
  const seen = updatedId === undefined ? fresh.length > 0 : fresh.includes(updatedId);
  return seen
    ? pass(`seen: ${quoted(fresh)}`)
    : fail(
        `After the change${updatedId === undefined ? '' : ` of ${quoted([updatedId])}`}, the next run gave ${now.size} documents, none of them with a new content.`,
        'Let the cursor or the validator follow each change of a document, not only its creation.',
      );
}

function deleted({ start, update, removal, removed, fresh }: Story): Outcome {
  if (removed === undefined) return skipped('Nothing can be removed from the source here.');
  const before = [...presentIds([...start, ...update])];
  if (tellsOf(removal, removed.id, before)) return pass();
  if (tellsOf(fresh, removed.id, before)) return pass('Only a read from the start tells it.');
  return fail(
    `After ${removed.id === undefined ? 'a document' : quoted([removed.id])} was removed, no run said that anything has gone.`,
    'Emit "gone" for it, or name everything that is there ("seen", "document") and end with a complete listing.',
  );
}

function tellsOf(
  run: readonly Message[],
  id: string | undefined,
  before: readonly string[],
): boolean {
  const gone = run.flatMap((one) => (one.kind === 'gone' ? [one.id] : []));
  const present = presentIds(run);
  const left = listingOf(run)?.complete ? before.filter((one) => !present.has(one)) : [];
  const told = new Set([...gone, ...left]);
  return id === undefined ? told.size > 0 : told.has(id);
}

function union({ start, update, removal, fresh }: Story): Outcome {
  const kept = [start, update, removal].reduce<ReadonlyMap<string, string>>(applied, new Map());
  const whole = contentsOf(fresh);
  const present = presentIds(fresh);
  const { missing, added, changed } = differences(whole, kept);
  // What was removed without a word is the fault of another check.
  const extra = listingOf(removal)?.complete ? added.filter((id) => !present.has(id)) : [];
  const wrong = [...missing, ...extra, ...changed];
  return wrong.length === 0
    ? pass(`${whole.size} documents`)
    : fail(
        `The runs since the beginning have left something else than a whole read gives: ${missing.length} documents are missing, ${extra.length} too many, ${changed.length} different, such as ${quoted(wrong)}.`,
        'Begin each run early enough to see everything that changed while the one before it was reading.',
      );
}

function applied(
  kept: ReadonlyMap<string, string>,
  run: readonly Message[],
): ReadonlyMap<string, string> {
  const present = presentIds(run);
  const gone = new Set(run.flatMap((one) => (one.kind === 'gone' ? [one.id] : [])));
  const isListed = listingOf(run)?.complete === true;
  const all = new Map([...kept, ...contentsOf(run)]);
  return new Map([...all].filter(([id]) => !gone.has(id) && (!isListed || present.has(id))));
}
