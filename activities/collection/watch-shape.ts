import { log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { mapTexts } from '../../adapters/definitions/map-texts.ts';
import { digestOf } from '../../adapters/definitions/digest.ts';
import {
  noteShape,
  readShape,
  saveShape,
  type KnownShape,
} from '../../adapters/postgres/baselines.ts';
import type { RunReference } from '../../workflows/collection/activities.ts';
import {
  compareDiscoveries,
  shapeOf,
  type SourceShape,
} from '../../workflows/collection/compare-discoveries.ts';
import type { HeldReport } from '../../workflows/collection/run-status.ts';
import { failure } from '../../workflows/failures.ts';
import type { SourceEnv } from '../sources/contract.ts';
import { answers, askPeople, endQuestions, rejectedBy, sha256 } from './ask-people.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { singleLine } from './normalise.ts';
import type { OpenedSource } from './open-source.ts';

const SAMPLE = 10;

/**
 * Compares what the source is made of with what it was made of before, where its type can tell. What breaks nothing is noted on the run and
 * is known from now on. For the rest people are asked, and the report says that nothing may be read. A changed definition begins anew.
 * @throws SchemaDrift - it cannot be read any more as it could before, or a person has rejected just this shape.
 */
export async function watchShape(
  input: RunReference,
  opened: OpenedSource,
  env: SourceEnv,
  deps: CollectionDependencies,
): Promise<HeldReport | undefined> {
  const { source: type, configSig } = opened;
  if (!type.shape) return undefined;
  const stored = await readShape(deps.db, input);
  const before = stored?.configSig === configSig ? stored : undefined;
  const shape = shapeOf(storable(await look(() => type.shape?.(env), before, input)));
  const now = { configSig, shape, fingerprint: digestOf(shape) };
  const changes = before ? compareDiscoveries(before.shape, shape) : undefined;
  if (before && changes && changes.broken.length > 0)
    return hold({ before, now, broken: changes.broken }, input, opened, deps);
  await take(now, changes?.noted ?? [], input, deps);
  if (stored?.isAsked) await endQuestions(['drift'], input, deps);
  return undefined;
}

/** The names come from anywhere; PostgreSQL takes neither NUL nor half a character. */
function storable(shape: SourceShape): SourceShape {
  return mapTexts(shape, singleLine) as SourceShape;
}

/** What could be read before and is refused now has changed; the definition was good. */
async function look(
  discover: () => Promise<SourceShape> | undefined,
  before: KnownShape | undefined,
  { source }: RunReference,
): Promise<SourceShape> {
  try {
    return (await discover()) ?? { streams: [] };
  } catch (error) {
    const isRefused = error instanceof ApplicationFailure && error.type === 'InvalidConfig';
    if (!before || !isRefused) throw error;
    throw failure(
      'SchemaDrift',
      `Source "${source}" could be read before and cannot be now. ${error.message}`,
      { cause: error },
    );
  }
}

/** The shape counts from now on, and the run says what is new in it. */
async function take(
  now: KnownShape,
  noted: readonly string[],
  { tenant, source, runId }: RunReference,
  { db }: CollectionDependencies,
): Promise<void> {
  if (noted.length > 0) log.info('the shape of the source changed', { source, noted });
  const notes = noted
    .slice(0, SAMPLE)
    .map((clause) => `The shape of the source changed: ${clause}.`);
  await noteShape(db, { run: runId, fingerprint: now.fingerprint, notes });
  // Written only where it differs. A table that is not there yet is nothing to compare with.
  if (now.shape.streams.length > 0)
    await saveShape(db, { tenant, source, ...now, acceptedBy: runId });
}

interface Drift {
  readonly before: KnownShape;
  readonly now: KnownShape;
  readonly broken: readonly string[];
}

async function hold(
  { before, now, broken }: Drift,
  input: RunReference,
  { definition }: OpenedSource,
  deps: CollectionDependencies,
): Promise<HeldReport> {
  const { source } = input;
  const digest = sha256(['drift', before.fingerprint, now.fingerprint].join('\n'));
  const few = broken.slice(0, 3).join('; ').slice(0, 600);
  const more = broken.length > 3 ? `; and ${broken.length - 3} more` : '';
  const what = `The shape of source "${source}" changed: ${few}${more}. Nothing was read or deleted.`;
  const report: HeldReport = {
    kind: 'drift',
    failure: 'SchemaDrift',
    reason: `${what} ${answers(digest, 'reads it in its new shape', 'reads nothing while it is so')}`,
    digest,
    candidates: broken.length,
    live: before.shape.streams.length,
    sample: broken.slice(0, SAMPLE).map((clause) => clause.slice(0, 200)),
  };
  await noteShape(deps.db, { run: input.runId, fingerprint: now.fingerprint, notes: [] });
  const matter = { kind: 'drift', report, documents: [], listingComplete: false } as const;
  const rejected = await askPeople({ ...matter, baseline: now }, input, definition, deps);
  if (!rejected) return report;
  throw failure(
    'SchemaDrift',
    `${what} Reading it so was rejected ${rejectedBy(rejected, digest)}. Mend the source, or change its definition.`,
  );
}
