import { shapeOf } from '../../../workflows/collection/compare-discoveries.ts';
import type { DiscoveredStream, Discovery } from '../../../workflows/collection/inspection.ts';
import { fail, pass, passUnless, skipped, type Check, type Outcome } from './check.ts';
import type { ChangingSource, SubjectConfig } from './subject.ts';
import type { Trial } from './trial.ts';

/** What is there to be read. */
export const discoverChecks: readonly Check[] = [
  {
    id: 'discover.same',
    group: 'discover',
    title: 'it says the same twice, in the same order',
    run: sameTwice,
  },
  {
    id: 'discover.keys',
    group: 'discover',
    title: 'keys and cursors that are named are among the fields',
    needs: ['discover.same'],
    run: keysDeclared,
  },
  {
    id: 'discover.fingerprint',
    group: 'discover',
    title: 'its fingerprint changes when, and only when, the shape does',
    needs: ['discover.same'],
    run: fingerprint,
  },
];

async function sameTwice(trial: Trial): Promise<Outcome> {
  const first = await discover(trial);
  const second = await discover(trial);
  if (first.streams.length === 0)
    return fail('It found nothing.', 'Name at least one stream, table, resource or address.');
  const [before, after] = [first, second].map((one) => JSON.stringify(withoutCounts(one)));
  return before === after
    ? pass(`${first.streams.length} found`)
    : fail(
        'Two discoveries of an unchanged source differ.',
        'Sort what is found, and leave out what differs from call to call.',
      );
}

async function discover(trial: Trial, config?: SubjectConfig): Promise<Discovery> {
  return trial.heard(await trial.open(config).discover(trial.env()));
}

/** Counts are estimates of the source and may move between two looks. */
function withoutCounts({ streams }: Discovery): readonly Omit<DiscoveredStream, 'count'>[] {
  return streams.map(({ count: _count, ...shape }) => shape);
}

async function keysDeclared(trial: Trial): Promise<Outcome> {
  const { streams } = await discover(trial);
  const names = streams.map(({ name }) => name);
  const twice = names
    .filter((name, at) => names.indexOf(name) !== at)
    .map((name) => `"${name}" is named twice.`);
  const faults = [...twice, ...streams.flatMap(unknownFields)];
  return passUnless(
    faults,
    'Name each stream once, and only keys and cursors that its records have.',
  );
}

function unknownFields({
  name,
  primaryKey = [],
  cursorCandidates = [],
  fields,
}: DiscoveredStream): readonly string[] {
  if (fields === undefined) return [];
  const known = new Set([...OF_EACH_DOCUMENT, ...fields.map((one) => one.name)]);
  return [...primaryKey, ...cursorCandidates]
    .filter((field) => !known.has(field))
    .map((field) => `"${field}" of "${name}" is not among its fields.`);
}

/** Every document has them, whether its source names them as fields or not. */
const OF_EACH_DOCUMENT = ['id', 'url'];

async function fingerprint(trial: Trial): Promise<Outcome> {
  const { changing, howToGive } = trial.subject;
  if (changing === undefined)
    return skipped(`The source cannot be changed here. ${howToGive?.['changing'] ?? ''}`.trim());
  const source = await changing();
  try {
    return await watchFingerprint(trial, source);
  } finally {
    await source.close?.();
  }
}

async function watchFingerprint(trial: Trial, source: ChangingSource): Promise<Outcome> {
  const before = await shapeText(trial, source.config);
  await source.update();
  if ((await shapeText(trial, source.config)) !== before)
    return fail(
      'A change of one document changed it.',
      'Leave contents, counts and times out of the discovery.',
    );
  if (source.reshape === undefined) return pass('The shape itself cannot be changed here.');
  await source.reshape();
  return (await shapeText(trial, source.config)) === before
    ? fail(
        'A change of the shape did not change it.',
        'Name fields with their types, keys and cursors in the discovery.',
      )
    : pass();
}

/** By the shape that each run begins with, where the type tells one. */
async function shapeText(trial: Trial, config: SubjectConfig): Promise<string> {
  const { shape } = trial.open(config);
  const found = shape ? await shape(trial.env()) : await discover(trial, config);
  return JSON.stringify(shapeOf(found));
}
