import { FAILURES, isFailureName } from '../../../workflows/failures.ts';
import { fail, pass, passUnless, quoted, skipped, type Check, type Outcome } from './check.ts';
import { errorText, failureNameOf } from './error-text.ts';
import { contentsOf, documentsOf, listingOf, presentIds } from './readings.ts';
import type { Message, Trial } from './trial.ts';

/** What happens when the source does not behave. */
export const troubleChecks: readonly Check[] = [
  {
    id: 'read.incomplete',
    group: 'read',
    title: 'an error in the middle never passes for a complete listing',
    needs: ['read.same-ids'],
    run: incomplete,
  },
  {
    id: 'read.poison',
    group: 'read',
    title: 'one record that cannot be read fails alone',
    run: poison,
  },
  { id: 'read.hostile', group: 'read', title: 'hostile texts survive as they are', run: hostile },
];

async function incomplete(trial: Trial): Promise<Outcome> {
  const { failing, howToGive } = trial.subject;
  if (failing === undefined)
    return skipped(`No error can be injected here. ${howToGive?.['failing'] ?? ''}`.trim());
  const whole = await trial.wholeRead('first');
  const { messages, error } = await trial.read({ config: failing });
  if (error !== undefined) return namedFailure(error);
  const missing = unaccounted(whole.messages, messages);
  if (missing.length === 0 && contentsOf(messages).size >= contentsOf(whole.messages).size)
    return skipped(`The injected error changed nothing. ${howToGive?.['failing'] ?? ''}`.trim());
  if (listingOf(messages)?.complete)
    return fail(
      `After the error it said that everything was listed, without ${missing.length} documents such as ${quoted(missing)}: they would be deleted.`,
      'End with a failure (a script: an exit code other than 0), or say that the listing is not complete, and why.',
    );
  return listingOf(messages) === undefined && missing.length > 0
    ? fail(
        `After the error it ended as if all were well, without a word about ${missing.length} documents such as ${quoted(missing)}.`,
        'End with a failure (a script: an exit code other than 0), or say that the listing is not complete, and why.',
      )
    : pass(listingOf(messages)?.why ?? 'The documents failed alone.');
}

function namedFailure(error: unknown): Outcome {
  const name = failureNameOf(error) ?? '';
  return isFailureName(name)
    ? pass(`It ended with ${name}: ${FAILURES[name].remedy ?? ''}`.trim())
    : fail(
        `It ended with an error that has no name: ${errorText(error)}`,
        'Throw one of the known failures.',
      );
}

/** Documents of the whole read about which another read says nothing at all. */
function unaccounted(whole: readonly Message[], messages: readonly Message[]): readonly string[] {
  const told = new Set([
    ...presentIds(messages),
    ...messages.flatMap((one) =>
      (one.kind === 'failed' || one.kind === 'gone') && one.id !== undefined ? [one.id] : [],
    ),
  ]);
  return [...presentIds(whole)].filter((id) => !told.has(id));
}

async function poison(trial: Trial): Promise<Outcome> {
  const { poisoned, howToGive } = trial.subject;
  if (poisoned === undefined)
    return skipped(
      `There is no source with a record that cannot be read. ${howToGive?.['poisoned'] ?? ''}`.trim(),
    );
  const { messages, error } = await trial.read({ config: poisoned });
  const remedy = 'Emit "failed" for the one record and go on with the next.';
  if (error !== undefined)
    return fail(`One bad record ended the whole read: ${errorText(error)}`, remedy);
  const failed = messages.filter((one) => one.kind === 'failed').length;
  const sound = documentsOf(messages).length;
  return passUnless(
    [
      ...(failed === 0 ? ['The record that cannot be read was passed over without a word.'] : []),
      ...(failed > 1 ? [`${failed} records failed instead of one.`] : []),
      ...(sound === 0 ? ['No other document came.'] : []),
    ],
    remedy,
    `${sound} others came`,
  );
}

async function hostile(trial: Trial): Promise<Outcome> {
  const { subject } = trial;
  if (subject.hostile === undefined)
    return skipped(
      `There is no source of hostile texts. ${subject.howToGive?.['hostile'] ?? ''}`.trim(),
    );
  const source = await subject.hostile();
  try {
    const { messages, error } = await trial.read({ config: source.config });
    if (error !== undefined)
      return fail(
        `A hostile text ended the read: ${errorText(error)}`,
        'Treat every text as data.',
      );
    const texts = documentsOf(messages).flatMap(textsOf);
    const lost = source.texts.filter((text) => !texts.some((one) => one.includes(text)));
    return lost.length === 0
      ? pass(`${source.texts.length} texts`)
      : fail(
          `These texts did not come back: ${quoted(lost)}.`,
          'Pass on titles, attributes and contents as they are.',
        );
  } finally {
    await source.close?.();
  }
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
