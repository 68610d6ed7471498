import { fail, pass, passUnless, quoted, skipped, type Check, type Outcome } from './check.ts';
import { directionOf } from './cursor-direction.ts';
import { checkpointsOf, contentsOf, differences, lastCursor, presentIds } from './readings.ts';
import { errorText } from './error-text.ts';
import type { Trial } from './trial.ts';

/** What a cursor is worth. */
export const cursorChecks: readonly Check[] = [
  {
    id: 'read.cursors',
    group: 'read',
    title: 'cursors are JSON of a modest size',
    needs: ['read.ends'],
    run: areSmallJson,
  },
  {
    id: 'read.forward',
    group: 'read',
    title: 'checkpoints go forward, where they can be compared',
    needs: ['read.ends'],
    run: goForward,
  },
  {
    id: 'read.resume',
    group: 'read',
    title: 'a read resumed at each checkpoint ends with the same documents',
    needs: ['read.same-ids'],
    run: resumes,
  },
  {
    id: 'read.rerun',
    group: 'read',
    title: 'a run after the last checkpoint invents nothing',
    needs: ['read.same-ids', 'read.order'],
    run: reruns,
  },
];

async function areSmallJson(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const { cursorBytes } = trial.limits;
  const faults = checkpointsOf(messages).flatMap(({ cursor }) => {
    const text = JSON.stringify(cursor) ?? '';
    const copy = text === '' ? undefined : JSON.stringify(JSON.parse(text));
    if (copy !== text) return ['A cursor changes when it is stored as JSON.'];
    return text.length < cursorBytes
      ? []
      : [`A cursor has ${text.length} bytes; ${cursorBytes} are allowed.`];
  });
  return passUnless(faults, 'Keep a position in the cursor, not what was read.');
}

async function goForward(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const cursors = checkpointsOf(messages)
    .map(({ cursor }) => cursor)
    .filter((one) => one !== null);
  if (cursors.length < 2) return skipped('There are fewer than two checkpoints to compare.');
  const texts = cursors.map((one) => JSON.stringify(one));
  const again = texts.find((text, at) => texts.indexOf(text) < at - 1 && texts[at - 1] !== text);
  if (again !== undefined)
    return fail(`The cursor ${again.slice(0, 200)} comes back after others.`, REMEDY);
  const steps = new Set(cursors.slice(1).map((cursor, at) => directionOf(cursors[at], cursor)));
  return steps.has('up') && steps.has('down')
    ? fail(
        `Some checkpoints go forward and some back: ${texts.slice(0, 4).join(' → ').slice(0, 300)}.`,
        REMEDY,
      )
    : pass(`${cursors.length} checkpoints`);
}

const REMEDY =
  'Read in the order of the cursor, or write a checkpoint only when everything up to it was emitted.';

async function resumes(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const idsOnly = !(await trial.passed('read.same-contents'));
  const all = contentsOf(messages, idsOnly);
  const chosen = sample(checkpointsOf(messages), trial.limits.resumes);
  for (const { index, cursor } of chosen) {
    const before = messages.slice(0, index);
    const after = await trial.read({ from: JSON.parse(JSON.stringify(cursor)) });
    const where = `Resumed at checkpoint ${JSON.stringify(cursor).slice(0, 200)}, it`;
    if (after.error !== undefined)
      return fail(`${where} ended with: ${errorText(after.error)}`, RESUME_REMEDY);
    const union = new Map([...contentsOf(before, idsOnly), ...contentsOf(after.messages, idsOnly)]);
    // A document that is only "seen" was never stored.
    const { missing: lost, added, changed } = differences(all, union);
    if (lost.length + added.length + changed.length > 0)
      return fail(
        `${where} lost ${lost.length} documents, invented ${added.length} and changed ${changed.length}, such as ${quoted([...lost, ...added, ...changed])}.`,
        RESUME_REMEDY,
      );
  }
  return pass(`${chosen.length} of ${checkpointsOf(messages).length} checkpoints tried`);
}

const RESUME_REMEDY =
  'Write a checkpoint only after everything that it stands for, and begin right behind it when it is handed back.';

/** All of a few, else the ends and some in between, so that a large source does not take minutes. */
function sample<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => all[Math.round(index * step)]).filter(
    (one) => one !== undefined,
  );
}

async function reruns(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const from = lastCursor(messages);
  const again = await trial.read({ from });
  if (again.error !== undefined)
    return fail(`It ended with: ${errorText(again.error)}`, RERUN_REMEDY);
  const idsOnly = !(await trial.passed('read.same-contents'));
  const before = contentsOf(messages, idsOnly);
  const after = contentsOf(again.messages, idsOnly);
  const { added, changed } = differences(before, after);
  const present = presentIds(again.messages);
  const lost = from === null ? [...before.keys()].filter((id) => !present.has(id)) : [];
  if (added.length + changed.length + lost.length > 0)
    return fail(
      `Of an unchanged source it gave ${added.length} new documents and ${changed.length} with other contents, and lost ${lost.length}, such as ${quoted([...added, ...changed, ...lost])}.`,
      RERUN_REMEDY,
    );
  return pass(
    from === null
      ? 'The next run begins from the start.'
      : `${after.size} of ${before.size} documents came again`,
  );
}

const RERUN_REMEDY =
  'From its last cursor, an unchanged source gives nothing, or what stands right at the cursor once more.';
