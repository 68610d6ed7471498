import { isMap } from '../../workflows/is-map.ts';
import type { Path } from './finding.ts';
import { slugOf } from './slug.ts';

/** One name of the original papers that was read as ours. */
export interface Translated {
  /** As the person wrote it; what is wrong with the value is reported there. */
  readonly from: Path;
  readonly to: Path;
}

export interface TranslatedEntry {
  readonly value: unknown;
  readonly translated: readonly Translated[];
  /** Both names are given: which one counts? */
  readonly conflicts: readonly Translated[];
}

/**
 * Translates the keys that the original papers used inside `config` to ours: `connection_string`, `selectors`,
 * `resource_patterns`, `script_path`, `category`. All of the papers' names are known here and nowhere else.
 */
export function translateEntry(entry: unknown): TranslatedEntry {
  if (!isMap(entry) || !isMap(entry['config'])) {
    return { value: entry, translated: [], conflicts: [] };
  }
  const config = entry['config'];
  const present = PAPER_KEYS.filter(({ from }) => Object.hasOwn(config, from));
  const taken = present.filter(({ to }) => has(entry, to));
  const free = present.filter(({ to }) => !has(entry, to));
  const value = free.reduce((changed, key) => move(changed, key), entry);
  return { value, translated: free.map(paths), conflicts: taken.map(paths) };
}

/** The papers' word for `sources` at the top of a file. */
export const PAPER_SOURCES_KEY = 'agents';

/** Defaults of a knowledge base, under the papers' names. */
export const PAPER_DEFAULTS = {
  bucket: 'SOURCE_AGENTS_S3_BUCKET',
  region: 'SOURCE_AGENTS_S3_REGION',
} as const;

/** One sentence for each of the papers' variables that is set and no longer read: the key that replaced it. */
export function replacedVariables(
  variable: (name: string) => string | undefined,
): readonly string[] {
  return REPLACED.filter(([name]) => variable(name) !== undefined).map(
    ([name, instead]) => `The variable "${name}" is set, but no longer read. ${instead}`,
  );
}

const REPLACED: readonly (readonly [string, string])[] = [
  ['SOURCE_AGENTS_ENABLED', 'Set "enabled" of each source instead.'],
  [
    'SOURCE_AGENTS_RUN_ON_STARTUP',
    'Set "schedule" of each source instead; "npm run cli -- run <source>" collects at once.',
  ],
  [
    'SOURCE_AGENTS_AUTO_SYNC_KB',
    'Set "sync" of a knowledge base instead: it is synced after each change.',
  ],
  [
    'SOURCE_AGENTS_SYNC_INTERVAL',
    'Set "sync.quiet" and "sync.maxWait" of a knowledge base instead.',
  ],
];

interface PaperKey {
  /** Inside `config`. */
  readonly from: string;
  /** From the top of the entry. */
  readonly to: readonly string[];
  readonly change: (value: unknown) => unknown;
}

const PAPER_KEYS: readonly PaperKey[] = [
  { from: 'connection_string', to: ['config', 'url'], change: same },
  { from: 'selectors', to: ['config', 'extract'], change: same },
  { from: 'resource_patterns', to: ['config', 'resources', 'include'], change: same },
  { from: 'script_path', to: ['config', 'command'], change: commandOf },
  { from: 'category', to: ['category'], change: categoryOf },
];

type PlainMap = Readonly<Record<string, unknown>>;

function same(value: unknown): unknown {
  return value;
}

/** The papers' scripts were Python files; others start by their own name. */
function commandOf(path: unknown): unknown {
  if (typeof path !== 'string') return path;
  const [, extension = ''] = /\.(\w+)$/.exec(path) ?? [];
  const interpreter = INTERPRETERS.get(extension);
  return interpreter === undefined ? [path] : [interpreter, path];
}

const INTERPRETERS: ReadonlyMap<string, string> = new Map([
  ['py', 'python3'],
  ['sh', 'sh'],
  ['js', 'node'],
  ['mjs', 'node'],
  ['ts', 'node'],
]);

/** The papers' categories were free text: `API Documentation`. */
function categoryOf(text: unknown): unknown {
  return typeof text === 'string' ? text.split('/').map(slugOf).join('/') : text;
}

function move(entry: PlainMap, { from, to, change }: PaperKey): PlainMap {
  const { [from]: value, ...config } = entry['config'] as PlainMap;
  return withValue({ ...entry, config }, to, change(value));
}

function withValue(map: PlainMap, [key, ...rest]: readonly string[], value: unknown): PlainMap {
  if (key === undefined) return map;
  const inner = isMap(map[key]) ? map[key] : {};
  return { ...map, [key]: rest.length === 0 ? value : withValue(inner, rest, value) };
}

function has(map: PlainMap, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  const inner = Object.hasOwn(map, key) ? map[key] : undefined;
  return inner !== undefined && (rest.length === 0 || (isMap(inner) && has(inner, rest)));
}

function paths({ from, to }: PaperKey): Translated {
  return { from: ['config', from], to };
}
