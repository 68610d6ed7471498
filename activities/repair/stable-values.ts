import { cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';
import { specOf } from '../../adapters/definitions/spec-digest.ts';
import { getEvidence } from '../../adapters/evidence/evidence-store.ts';
import {
  goodValues,
  valuesOfRuns,
  type KeptValues,
} from '../../adapters/postgres/evidence-values.ts';
import { compareRecords } from '../../workflows/repair/stable-records.ts';
import type { VerificationFacts } from '../../workflows/repair/verification.ts';
import { concurrently } from '../collection/concurrently.ts';
import type { RepairDependencies } from './dependencies.ts';
import { isAway } from './is-away.ts';
import type { LivePage } from './look-live.ts';
import type { Case } from './open-case.ts';

/** What must not change: the `stable` fields of documents, as the spec that broke has read them. */
export interface KnownValues {
  readonly fields: readonly string[];
  readonly before: ReadonlyMap<string, Values>;
}

/** The pages that are compared: those of a live look, or those that runs have kept. */
export type ComparedPages =
  | { readonly pages: readonly LivePage[] }
  | { readonly runs: readonly string[] };

/** Undefined where no field is stable. Values that are gone or damaged count as not known. @throws Unavailable - S3 is away. */
export async function knownValues(
  { incident, definition }: Case,
  deps: RepairDependencies,
): Promise<KnownValues | undefined> {
  const spec = specOf(definition.id, definition.config['extract']);
  const fields = Object.entries(spec?.fields ?? {}).flatMap(([name, { stable }]) =>
    stable ? [name] : [],
  );
  if (fields.length === 0) return undefined;
  const before = await opened(await goodValues(deps.db, incident, incident.specDigest), deps);
  return { fields, before };
}

/** How many of the known values are the same in these pages. */
export async function stableValues(
  { incident }: Case,
  { fields, before }: KnownValues,
  compared: ComparedPages,
  deps: RepairDependencies,
): Promise<NonNullable<VerificationFacts['stable']>> {
  const after =
    'pages' in compared
      ? new Map(compared.pages.map(({ id, records }) => [id, records]))
      : await opened(await valuesOfRuns(deps.db, incident, compared.runs), deps);
  const verdicts = [...after].flatMap(([id, records]) =>
    compareRecords(before.get(id) ?? [], records, fields),
  );
  return {
    joined: verdicts.length,
    equal: verdicts.filter(({ same }) => same).length,
    known: before.size * fields.length,
  };
}

const Values = z.object({ records: z.array(z.record(z.string(), z.unknown())) });
type Values = z.infer<typeof Values>['records'];

async function opened(
  kept: readonly KeptValues[],
  { objects }: RepairDependencies,
): Promise<ReadonlyMap<string, Values>> {
  const found = new Map<string, Values>();
  await concurrently(kept, 8, async ({ docId, bucket, valuesKey }) => {
    try {
      const bytes = await getEvidence(objects, { bucket, key: valuesKey }, cancellationSignal());
      found.set(docId, Values.parse(JSON.parse(bytes.toString('utf8'))).records);
    } catch (error) {
      cancellationSignal().throwIfAborted();
      // Values that cannot be read now are no values that are gone.
      if (isAway(error)) throw error;
    }
  });
  return found;
}
