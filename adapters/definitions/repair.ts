import { z } from 'zod';
import type { RepairDefinition, RepairSettings } from '../../workflows/repair/policy.ts';
import { parseDuration } from './duration.ts';
import { checkEntry } from './entry.ts';
import type { RawEntry } from './files.ts';
import { finding, type DefinitionError, type DefinitionNotice, type Problem } from './finding.ts';
import { RepairEntry, type RepairSettingsEntry } from './repair-entry.ts';
import type { JsonSchema } from './schema-at.ts';

export interface ReadRepair {
  /** Undefined where no file says anything about repairs, or something wrong. */
  readonly definition?: RepairDefinition;
  readonly errors: readonly DefinitionError[];
  readonly notices: readonly DefinitionNotice[];
}

/** Checks `repair` of the definitions: one block in all files, of a version that is known. */
export function readRepair(
  entries: readonly RawEntry[],
  { variables }: { readonly variables: (name: string) => string | undefined },
): ReadRepair {
  const [entry, ...more] = entries;
  if (!entry) return { errors: [], notices: [] };
  const shape = { zod: RepairEntry, json: REPAIR_SCHEMA, base: ['repair'] };
  const { data, problems, notices } = checkEntry(entry.value, shape, variables);
  const errors = [...problems.map(found(entry)), ...more.map((one) => second(one, entry))];
  const below = data ? thresholds(data) : [];
  return {
    ...(data && errors.length === 0 ? { definition: repairDefinition(data) } : {}),
    errors,
    notices: [...notices, ...below].map(found(entry)),
  };
}

const REPAIR_SCHEMA: JsonSchema = z.toJSONSchema(RepairEntry, { io: 'input' });

/** Settings as they are stored: times in milliseconds, and only what was said. */
export function repairSettings(written: RepairSettingsEntry): RepairSettings {
  const { tier, deadline, escalation, freezeWindows, probation, ...same } = written;
  return {
    ...same,
    ...(tier === undefined ? {} : { tier: tier === 1 ? 1 : 2 }),
    ...(deadline === undefined ? {} : { deadlineMs: msOf(deadline) }),
    ...(escalation ? { escalation: escalation.map(toEscalation).toSorted(byTime) } : {}),
    ...(freezeWindows ? { freezeWindows: freezeWindows.map(toWindow) } : {}),
    ...(probation ? { probation: { runs: probation.runs, withinMs: msOf(probation.within) } } : {}),
  };
}

function repairDefinition({ version: _version, tenants, ...all }: RepairEntry): RepairDefinition {
  const named = Object.entries(tenants ?? {}).map(
    ([tenant, settings]) => [tenant, repairSettings(settings)] as const,
  );
  return {
    version: 1,
    ...repairSettings(all),
    ...(tenants ? { tenants: Object.fromEntries(named) } : {}),
  };
}

function toEscalation({ after, to }: NonNullable<RepairSettingsEntry['escalation']>[number]): {
  readonly afterMs: number;
  readonly to: readonly string[];
} {
  return { afterMs: msOf(after), to };
}

function byTime(a: { readonly afterMs: number }, b: { readonly afterMs: number }): number {
  return a.afterMs - b.afterMs;
}

function toWindow({
  from,
  to,
  ...reason
}: NonNullable<RepairSettingsEntry['freezeWindows']>[number]): NonNullable<
  RepairSettings['freezeWindows']
>[number] {
  return { fromMs: Date.parse(from), toMs: Date.parse(to), ...reason };
}

function msOf(text: string): number {
  return parseDuration(text) ?? 0;
}

/** The floor is the file's to set, and low ones are said aloud. */
function thresholds({ tauDeploy }: RepairEntry): readonly Problem[] {
  if (tauDeploy === undefined || tauDeploy >= USUAL_FLOOR) return [];
  const what = `"repair.tauDeploy" is "${tauDeploy}", below the usual ${USUAL_FLOOR}`;
  return [{ path: ['tauDeploy'], what, remedy: 'More fixes that are wrong will deploy.' }];
}

const USUAL_FLOOR = 0.95;

function found({ yaml, path }: RawEntry): (problem: Problem) => DefinitionError {
  return ({ path: at, what, remedy }) => {
    const below = at[0] === 'repair' ? at.slice(1) : at;
    return finding({ file: yaml.file, line: yaml.lineOf([...path, ...below]) }, what, remedy);
  };
}

function second({ yaml, path }: RawEntry, first: RawEntry): DefinitionError {
  const place = { file: yaml.file, line: yaml.lineOf(path) };
  const remedy = `Keep the one in ${first.yaml.file} line ${first.yaml.lineOf(first.path)}.`;
  return finding(place, '"repair" is given a second time', remedy);
}
