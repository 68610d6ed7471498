import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { finding, type DefinitionError, type Path } from './finding.ts';
import { readPlainYaml, refuseUnusual } from './plain-yaml.ts';

/** One YAML file that knows on which line each of its values stands. */
export interface YamlFile {
  readonly file: string;
  /** Plain data: maps, lists, texts, numbers, booleans, null. */
  readonly value: unknown;
  /** Line (from 1) of the key or item at `path`; of the deepest part that exists, when it does not. */
  lineOf(path: Path): number;
}

/**
 * Reads YAML 1.2 with merge keys (`<<`). Every syntax error and doubled key becomes an error with its line. Lines are looked up when
 * somebody asks: a fleet of ten thousand sources without an error never pays for them.
 */
export function parseYaml(
  file: string,
  text: string,
): { readonly yaml: YamlFile } | { readonly errors: readonly DefinitionError[] } {
  const plainData = readPlainYaml(text);
  if (!plainData) return parseWithPlaces(file, text);
  let places: Places | undefined;
  const lineOf = (path: Path): number => {
    places ??= readPlaces(text);
    return lineAt(places.lines, offsetOf(places.document, path));
  };
  return { yaml: { file, value: plainData.value, lineOf } };
}

function parseWithPlaces(file: string, text: string): ReturnType<typeof parseYaml> {
  const { document, lines } = readPlaces(text);
  const errors = document.errors.map(({ pos, message }) =>
    finding({ file, line: lineAt(lines, pos[0]) }, `Malformed YAML (${plain(message)})`, MEND),
  );
  if (errors.length > 0) return { errors };
  const value = plainValue(document, text);
  if (value instanceof Error) {
    return {
      errors: [finding({ file, line: 1 }, `Unusable YAML (${plain(value.message)})`, MEND)],
    };
  }
  const lineOf = (path: Path): number => lineAt(lines, offsetOf(document, path));
  return { yaml: { file, value, lineOf } };
}

interface Places {
  readonly document: Document;
  readonly lines: LineCounter;
}

function readPlaces(text: string): Places {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  return { document, lines };
}

const MEND = 'Mend that line: indentation, quotes and brackets are the usual causes.';

/** An alias that grows without bound, or has no anchor, shows only here. */
function plainValue(document: Document, text: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    refuseUnusual(value, text.length);
    return value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function plain(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/[.:]+$/, '');
}

function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line);
}

function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    const step = child(resolved(node, document), key);
    if (!step) break;
    offset = startOf(step.marker) ?? offset;
    node = step.value;
  }
  return offset;
}

function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** `marker` is where a reader looks for the value: at its key, or at the start of the list item. */
function child(
  node: unknown,
  key: string | number,
): { marker: unknown; value: unknown } | undefined {
  if (isSeq(node)) {
    const item = typeof key === 'number' ? node.items[key] : undefined;
    return item === undefined ? undefined : { marker: item, value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key));
  return pair && { marker: pair.key, value: pair.value };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
