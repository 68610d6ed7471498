import { fail, pass, passUnless, quoted, skipped, type Check, type Outcome } from './check.ts';
import { EmittedDocument } from './emitted-document.ts';
import { errorText } from './error-text.ts';
import { contentsOf, differences, documentsOf, listingOf } from './readings.ts';
import type { Trial } from './trial.ts';

/** What a whole read of an undisturbed source gives. */
export const documentChecks: readonly Check[] = [
  {
    id: 'read.ends',
    group: 'read',
    title: 'a whole read ends well and in time, with documents',
    run: ends,
  },
  ofFirstRead('documents', 'every document is valid', valid),
  ofFirstRead('readable', 'nothing of a sound source is refused', readable),
  ofFirstRead('unique', 'no id comes twice in one read', unique),
  ofFirstRead('expected', 'the documents are those that are there', expected),
  ofFirstRead(
    'order',
    'it ends with a checkpoint, and a listing comes once, after all documents',
    order,
  ),
  ofFirstRead('listing', 'it says whether it has listed everything', listing),
  ofFirstRead('same-ids', 'a second read gives the same ids', sameIds),
  ofFirstRead('same-contents', 'a second read gives the same contents', sameContents, [
    'read.same-ids',
  ]),
];

function ofFirstRead(
  word: string,
  title: string,
  run: Check['run'],
  needs: readonly string[] = [],
): Check {
  return { id: `read.${word}`, group: 'read', title, needs: ['read.ends', ...needs], run };
}

async function ends(trial: Trial): Promise<Outcome> {
  const { messages, error, timedOut } = await trial.wholeRead('first');
  if (timedOut)
    return fail(
      `It did not end within ${trial.limits.readMs / 1000} seconds; ${documentsOf(messages).length} documents had come.`,
      'Let it end when everything was read; what waits needs a time limit of its own.',
    );
  if (error !== undefined)
    return fail(
      `It ended with: ${errorText(error)}`,
      'Mend what the sentence names, then certify again.',
    );
  const count = documentsOf(messages).length;
  return count > 0
    ? pass(`${count} documents`)
    : fail('It gave no document.', 'Let the kit read a source that holds something.');
}

async function valid(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const faults = documentsOf(messages).flatMap((one) => {
    const issue = EmittedDocument.safeParse(one).error?.issues[0];
    const broken = !JSON.stringify(one).isWellFormed();
    if (issue)
      return [
        `Document ${quoted([one.id])} is wrong at "${issue.path.join('.')}": ${issue.message}.`,
      ];
    return broken || !one.id.isWellFormed()
      ? [`Document ${quoted([one.id])} holds half of a surrogate pair.`]
      : [];
  });
  return passUnless(
    faults,
    'Emit what the contract says: absolute addresses, times with an offset, ids of 1 to 2,048 characters, no empty titles.',
  );
}

async function readable(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const refused = messages.flatMap((one) =>
    one.kind === 'failed' ? [`${one.failure}: ${one.detail}`] : [],
  );
  return passUnless(
    refused,
    'Each of them is a dead letter in every run. Write whole UTF-8 lines, and give every document an id and a content.',
  );
}

async function unique(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const seen = new Set<string>();
  const twice = documentsOf(messages).flatMap(({ id }) => {
    const known = seen.has(id);
    seen.add(id);
    return known ? [id] : [];
  });
  return twice.length === 0
    ? pass()
    : fail(
        `These ids come more than once: ${quoted(twice)}.`,
        'Two things need two ids; else the later one overwrites the earlier one in S3.',
      );
}

async function expected(trial: Trial): Promise<Outcome> {
  const { expectedIds, howToGive } = trial.subject;
  if (expectedIds === undefined)
    return skipped(
      `Nobody said which documents are there. ${howToGive?.['expectedIds'] ?? ''}`.trim(),
    );
  const { messages } = await trial.wholeRead('first');
  const wanted = new Map(expectedIds.map((id) => [id, '']));
  const { missing, added } = differences(wanted, contentsOf(messages, true));
  return passUnless(
    [
      ...(missing.length > 0 ? [`Missing: ${quoted(missing)}.`] : []),
      ...(added.length > 0 ? [`Not expected: ${quoted(added)}.`] : []),
    ],
    'Read every page, and nothing beyond the scope.',
  );
}

async function order(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const kinds = messages.map(({ kind }) => kind);
  const at = kinds.indexOf('listing');
  const late =
    at === -1
      ? []
      : kinds.slice(at + 1).filter((kind) => kind !== 'checkpoint' && kind !== 'listing');
  const last = kinds.findLast((kind) => kind !== 'listing');
  return passUnless(
    [
      ...(last === 'checkpoint' ? [] : [`The last message is "${last}".`]),
      ...(kinds.filter((kind) => kind === 'listing').length > 1
        ? ['There is more than one listing.']
        : []),
      ...(late.length > 0 ? [`After the listing came "${late[0]}".`] : []),
    ],
    'End with the listing and a checkpoint: the last cursor is where the next run begins.',
  );
}

async function listing(trial: Trial): Promise<Outcome> {
  const { messages } = await trial.wholeRead('first');
  const said = listingOf(messages);
  if (said === undefined)
    return fail(
      'It never says whether everything was listed, so that what is deleted at the source stays in the knowledge base for ever.',
      `End a whole read with {"kind":"listing","complete":true}. ${trial.subject.howToGive?.['appendOnly'] ?? ''}`.trim(),
    );
  return said.complete
    ? pass()
    : pass(`It says that the listing is not complete: ${said.why ?? 'no reason given'}`);
}

async function sameIds(trial: Trial): Promise<Outcome> {
  const [first, second] = await bothReads(trial);
  const { missing, added } = differences(first, second);
  return missing.length + added.length === 0
    ? pass()
    : fail(
        `The second read lacks ${missing.length} ids and has ${added.length} new ones, such as ${quoted([...missing, ...added])}.`,
        'Take the id from the thing itself (its key, its address), never from a clock, a counter or chance: each run would store everything again.',
      );
}

async function sameContents(trial: Trial): Promise<Outcome> {
  if (trial.subject.contentVaries)
    return skipped('The contents of this source differ from read to read.');
  const [first, second] = await bothReads(trial);
  const { changed } = differences(first, second);
  return changed.length === 0
    ? pass()
    : fail(
        `Their contents differ although nothing has changed: ${quoted(changed)}.`,
        'Leave out what differs from read to read (times, counters, order), or each run uploads everything again.',
      );
}

async function bothReads(
  trial: Trial,
): Promise<readonly [ReadonlyMap<string, string>, ReadonlyMap<string, string>]> {
  const first = await trial.wholeRead('first');
  const second = await trial.wholeRead('second');
  if (second.error !== undefined) throw second.error;
  return [contentsOf(first.messages), contentsOf(second.messages)];
}
