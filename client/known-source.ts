import { suggestion } from '../adapters/definitions/nearest.ts';
import type { Database } from '../adapters/postgres/database.ts';
import {
  definitionOf,
  revisionInForce,
  type DefinitionInForce,
} from '../adapters/postgres/revisions.ts';
import { sourceScheduleId } from '../workflows/collection/ids.ts';
import { Problem } from './problem.ts';
import { ourCommand } from './spoken-commands.ts';

/** The definition in force of a source. @throws Problem - there is none: names what was probably meant. */
export async function sourceInForce(db: Database, source: string): Promise<DefinitionInForce> {
  const found = await definitionOf(db, source);
  if (found) return found;
  const revision = await revisionInForce(db);
  const known = Object.keys(revision?.sources ?? {});
  throw unknownSource(source, known);
}

/** The id of the schedule of a source in force. */
export async function scheduleOf(db: Database, source: string): Promise<string> {
  const { definition } = await sourceInForce(db, source);
  return sourceScheduleId(definition.tenant, definition.id);
}

export function unknownSource(source: string, known: readonly string[]): Problem {
  const what = `No source "${source}" is in force.`;
  const options =
    known.length === 0
      ? { remedy: `Nothing is in force yet. Run "${ourCommand('apply')}" first.` }
      : { remedy: suggestion(source, known, 'Sources') };
  return new Problem(what, { failure: 'NotFound', ...options });
}
