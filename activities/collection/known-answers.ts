import { log } from '@temporalio/activity';
import { z } from 'zod';
import type { Objects } from '../../adapters/aws/objects.ts';
import { specOf } from '../../adapters/definitions/spec-digest.ts';
import { getEvidence } from '../../adapters/evidence/evidence-store.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { differentReadings } from '../../adapters/postgres/read-again-differently.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { KnownAnswer } from '../../workflows/repair/detectors/finding.ts';
import { compareReadings } from '../../workflows/repair/stable-records.ts';
import { mayPass, patiently } from './patiently.ts';

export interface KnownAnswerQuestion {
  readonly definition: SourceDefinition;
  readonly run: string;
  readonly signal: AbortSignal;
}

/**
 * Stable fields of bodies that this run has read as a good run did before, with another result: neither the page nor the spec has changed, so
 * our reading has. One statement where nothing differs; values that cannot be read now are left out, for they hold no run.
 */
export async function knownAnswers(
  { definition, run, signal }: KnownAnswerQuestion,
  { db, objects }: { readonly db: Database; readonly objects: Pick<Objects, 'get'> },
): Promise<readonly KnownAnswer[]> {
  const fields = stableFields(definition);
  if (fields.length === 0) return [];
  const { tenant, id: source } = definition;
  const answers: KnownAnswer[] = [];
  for (const { url, bucket, before, after } of await differentReadings(db, { tenant, source, run }))
    try {
      const [old, now] = [
        await recordsAt(objects, { bucket, key: before }, signal),
        await recordsAt(objects, { bucket, key: after }, signal),
      ];
      answers.push(...compareReadings(old, now, fields).map((one) => ({ url, ...one })));
    } catch (error) {
      signal.throwIfAborted();
      log.warn('kept values were not compared', { reason: (error as Error).message });
      // It was waited for: the others are not there either, and the run has an end to come to.
      if (mayPass(error)) break;
    }
  return answers;
}

function stableFields({ id, config }: SourceDefinition): readonly string[] {
  const fields = Object.entries(specOf(id, config['extract'])?.fields ?? {});
  return fields.flatMap(([name, { stable }]) => (stable ? [name] : []));
}

const Values = z.object({ records: z.array(z.record(z.string(), z.unknown())) });

async function recordsAt(
  objects: Pick<Objects, 'get'>,
  place: { readonly bucket: string; readonly key: string },
  signal: AbortSignal,
) {
  const bytes = await patiently(() => getEvidence(objects, place, signal), signal);
  return Values.parse(JSON.parse(bytes.toString('utf8'))).records;
}
