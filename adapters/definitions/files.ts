import { glob, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { z } from 'zod';
import { DefinitionsFile } from './envelope.ts';
import { finding, type DefinitionError, type DefinitionNotice, type Path } from './finding.ts';
import { problemsOf } from './issues.ts';
import { PAPER_SOURCES_KEY } from './paper-names.ts';
import type { JsonSchema } from './schema-at.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

/** How files are read: from the disk, or out of a commit. */
export interface FileAccess {
  /** Rejects when there is no such file. */
  read(path: string): Promise<string>;
  /** Paths below `folder` that match, relative to it, in any order. */
  glob(pattern: string, folder: string): Promise<readonly string[]>;
}

/** One entry of `sources`, `knowledgeBases` or `notifications`, or `repair`, not yet checked. */
export interface RawEntry {
  readonly value: unknown;
  readonly yaml: YamlFile;
  readonly path: Path;
}

export interface RawDefinitions {
  readonly sources: readonly RawEntry[];
  readonly knowledgeBases: readonly RawEntry[];
  readonly notifications: readonly RawEntry[];
  /** At most one a file. */
  readonly repair: readonly RawEntry[];
  readonly errors: readonly DefinitionError[];
  readonly notices: readonly DefinitionNotice[];
}

export const diskFiles: FileAccess = {
  read: (path) => readFile(path, 'utf8'),
  glob: (pattern, folder) => Array.fromAsync(glob(pattern, { cwd: folder })),
};

/** Reads a file and all that it includes, each file once. Errors of one file hide no other's. */
export async function readFiles(file: string, access: FileAccess): Promise<RawDefinitions> {
  const gathered: Gathered = {
    sources: [],
    knowledgeBases: [],
    notifications: [],
    repair: [],
    errors: [],
    notices: [],
    read: new Set(),
  };
  const text = await access.read(file).catch(() => undefined);
  if (text === undefined) return { ...gathered, errors: [noFile(file)] };
  await gather(normalize(file), text, [], { access, gathered });
  return gathered;
}

interface Gathered {
  readonly sources: RawEntry[];
  readonly knowledgeBases: RawEntry[];
  readonly notifications: RawEntry[];
  readonly repair: RawEntry[];
  readonly errors: DefinitionError[];
  readonly notices: DefinitionNotice[];
  readonly read: Set<string>;
}

interface Gathering {
  readonly access: FileAccess;
  readonly gathered: Gathered;
}

async function gather(
  file: string,
  text: string,
  parents: readonly string[],
  gathering: Gathering,
): Promise<void> {
  const { gathered } = gathering;
  gathered.read.add(file);
  const parsed = parseYaml(file, text);
  if ('errors' in parsed) {
    gathered.errors.push(...parsed.errors);
    return;
  }
  const { yaml } = parsed;
  const top = readTop(yaml, gathered);
  if (!top) return;
  for (const key of ['sources', PAPER_SOURCES_KEY] as const) {
    gathered.sources.push(...entries(yaml, key));
  }
  gathered.knowledgeBases.push(...entries(yaml, 'knowledgeBases'));
  gathered.notifications.push(...entries(yaml, 'notifications'));
  if (top.repair !== undefined) gathered.repair.push({ value: top.repair, yaml, path: ['repair'] });
  for (const [at, pattern] of (top.include ?? []).entries()) {
    const line = yaml.lineOf(['include', at]);
    await include({ file, line, pattern, chain: [...parents, file] }, gathering);
  }
}

/** The keys of a file, checked; `agents` counts as `sources`, with a notice. */
function readTop(yaml: YamlFile, gathered: Gathered): z.infer<typeof DefinitionsFile> | undefined {
  const { file, value } = yaml;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = `The definitions are not a map of keys`;
    gathered.errors.push(
      finding(
        { file, line: 1 },
        what,
        'Write "sources:" and "knowledgeBases:" with a list below each.',
      ),
    );
    return undefined;
  }
  const { [PAPER_SOURCES_KEY]: agents, ...keys } = dropEmpty(value);
  if (agents !== undefined) {
    const place = { file, line: yaml.lineOf([PAPER_SOURCES_KEY]) };
    gathered.notices.push(
      finding(
        place,
        `"${PAPER_SOURCES_KEY}" is read as "sources"`,
        'Rename the key when you like.',
      ),
    );
  }
  const agentsOnly = DefinitionsFile.safeParse(agents === undefined ? {} : { sources: agents });
  const checked = DefinitionsFile.safeParse(keys);
  const context = { written: keys, schema: FILE_SCHEMA, base: [] };
  const renamed = { written: { sources: agents }, schema: FILE_SCHEMA, base: [] };
  const problems = [
    ...(checked.error ? problemsOf(checked.error, context) : []),
    ...(agentsOnly.error ? problemsOf(agentsOnly.error, renamed) : []),
  ];
  gathered.errors.push(
    ...problems.map(({ path, what, remedy }) =>
      finding({ file, line: yaml.lineOf(path) }, what.replace(/^The entry\b/, 'The file'), remedy),
    ),
  );
  return checked.data ?? {};
}

const FILE_SCHEMA: JsonSchema = z.toJSONSchema(DefinitionsFile, { io: 'input' });

/** `sources:` with nothing below it is an empty list, as in the template of a new project. */
function dropEmpty(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));
}

function entries(yaml: YamlFile, key: string): readonly RawEntry[] {
  const list: unknown = (yaml.value as Record<string, unknown>)[key];
  if (!Array.isArray(list)) return [];
  return list.map((value: unknown, at) => ({ value, yaml, path: [key, at] }));
}

interface Include {
  readonly file: string;
  readonly line: number;
  readonly pattern: string;
  /** The files that led here, outermost first. */
  readonly chain: readonly string[];
}

async function include(one: Include, gathering: Gathering): Promise<void> {
  const { gathered, access } = gathering;
  const place = { file: one.file, line: one.line };
  const folder = dirname(one.file);
  const isGlob = /[*?[\]{}]/.test(one.pattern);
  const names = isGlob ? await access.glob(one.pattern, folder) : [one.pattern];
  if (names.length === 0) {
    const what = `"include" has "${one.pattern}", which matches no file`;
    gathered.notices.push(
      finding(place, what, 'Paths are relative to the file that includes them.'),
    );
  }
  for (const name of names.toSorted()) {
    const path = normalize(join(folder, name));
    if (one.chain.includes(path)) gathered.errors.push(cycle(one, path));
    else if (!gathered.read.has(path)) await includeFile(one, path, gathering);
  }
}

async function includeFile(one: Include, path: string, gathering: Gathering): Promise<void> {
  const text = await gathering.access.read(path).catch(() => undefined);
  if (text !== undefined) return gather(path, text, one.chain, gathering);
  const place = { file: one.file, line: one.line };
  const remedy =
    'Create that file or mend the path, which is relative to the file that includes it.';
  gathering.gathered.errors.push(
    finding(place, `"include" has "${path}", which cannot be read`, remedy),
  );
  return undefined;
}

function cycle({ file, line, chain }: Include, path: string): DefinitionError {
  const circle = [...chain.slice(chain.indexOf(path)), path].map((one) => `"${one}"`).join(' → ');
  return finding(
    { file, line },
    `"include" goes in a circle: ${circle}`,
    'Remove one of these includes.',
  );
}

function noFile(file: string): DefinitionError {
  return {
    file,
    line: 1,
    sentence: `The definitions file "${file}" cannot be read. Run "npm run cli -- init" to write one, or name another with --config.`,
  };
}
