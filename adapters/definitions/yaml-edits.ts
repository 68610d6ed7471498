import { isDeepStrictEqual } from 'node:util';
import { isMap, isNode, isScalar, isSeq, stringify } from 'yaml';
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { isMap as isValues } from '../../workflows/is-map.ts';

/** One replacement of a stretch of a text. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A place that cannot be edited by itself; what is around it has to be written anew. */
class Uneditable extends Error {}

/**
 * The edits that make of a node with this `value` one with the value `wanted`, and touch nothing else: comments, order, quotes and blank
 * lines stay. New collections are written on one line. Undefined when some place can only be written anew with what is around it.
 */
export function editsOf(
  text: string,
  node: Node,
  { value, wanted, say }: WantedValue,
): readonly TextEdit[] | undefined {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  try {
    return edits({ text, newline, say }, node, value, wanted);
  } catch (error) {
    if (error instanceof Uneditable) return undefined;
    throw error;
  }
}

export interface WantedValue {
  /** What the node means, with variables substituted. */
  readonly value: unknown;
  readonly wanted: unknown;
  /** How a part of what is wanted is written: with references to variables. */
  readonly say: (wanted: unknown) => unknown;
}

/** The edit that writes a node anew, on one line. */
export function rewriteOf(text: string, node: Node, wanted: unknown): TextEdit {
  const { from, to } = stretch(text, node);
  return { from, to, text: printed(wanted) };
}

export function withEdits(text: string, wanted: readonly TextEdit[]): string {
  return wanted
    .toSorted((a, b) => b.from - a.from)
    .reduce((done, { from, to, text: one }) => done.slice(0, from) + one + done.slice(to), text);
}

interface Source {
  readonly text: string;
  readonly newline: string;
  readonly say: WantedValue['say'];
}

type Values = Readonly<Record<string, unknown>>;

function edits(source: Source, node: Node, value: unknown, wanted: unknown): readonly TextEdit[] {
  if (isDeepStrictEqual(value, wanted)) return [];
  if (isMap(node) && isValues(value) && isValues(wanted)) {
    return mapEdits(source, node, value, wanted);
  }
  if (isSeq(node) && Array.isArray(value) && Array.isArray(wanted) && node.items.length > 0) {
    return listEdits(source, node, value, wanted);
  }
  return [replacement(source.text, node, source.say(wanted))];
}

/** In the quotes that the old text had. */
function replacement(text: string, node: Node, wanted: unknown): TextEdit {
  const { from, to } = stretch(text, node);
  const quoted = isScalar(node) && typeof wanted === 'string' && QUOTES.get(node.type ?? '');
  return { from, to, text: quoted ? quoted(wanted) : printed(wanted) };
}

const QUOTES: ReadonlyMap<string, (text: string) => string> = new Map([
  ['QUOTE_DOUBLE', (text) => JSON.stringify(text)],
  ['QUOTE_SINGLE', (text) => `'${text.replaceAll("'", "''")}'`],
]);

function mapEdits(
  source: Source,
  map: YAMLMap,
  value: Values,
  wanted: Values,
): readonly TextEdit[] {
  const keys = Object.keys(value).filter((key) => Object.hasOwn(wanted, key));
  const gone = Object.keys(value).filter((key) => !Object.hasOwn(wanted, key));
  const come = Object.keys(wanted).filter((key) => !Object.hasOwn(value, key));
  if (keys.length === 0) throw new Uneditable();
  return [
    ...keys.flatMap((key) => pairEdits(source, map, { key, from: value[key], to: wanted[key] })),
    ...gone.map((key) => removal(source, map, map.items.indexOf(pairOf(map, key)))),
    ...addition(
      source,
      map,
      come.map((key) => `${printed(key)}: ${printed(source.say(wanted[key]))}`),
    ),
  ];
}

interface Changed {
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

function pairEdits(source: Source, map: YAMLMap, { key, from, to }: Changed): readonly TextEdit[] {
  if (isDeepStrictEqual(from, to)) return [];
  const { value } = pairOf(map, key);
  if (!isNode(value)) throw new Uneditable();
  return edits(source, value, from, to);
}

function pairOf(map: YAMLMap, key: string): Pair {
  const pair = map.items.find((one) => isScalar(one.key) && String(one.key.value) === key);
  if (!pair) throw new Uneditable();
  return pair;
}

/** Items that both ends share stay as they are. */
function listEdits(
  source: Source,
  list: YAMLSeq,
  value: readonly unknown[],
  wanted: readonly unknown[],
): readonly TextEdit[] {
  const shortest = Math.min(value.length, wanted.length);
  const start = countWhile(shortest, (at) => isDeepStrictEqual(value[at], wanted[at]));
  const end = countWhile(shortest - start, (at) =>
    isDeepStrictEqual(value.at(-1 - at), wanted.at(-1 - at)),
  );
  const [gone, come] = [value.length - start - end, wanted.length - start - end];
  const both = Math.min(gone, come);
  if (value.length === gone && come === 0) throw new Uneditable();
  const at = start + both;
  const changed = Array.from({ length: both }, (_, index) => start + index);
  const removed = Array.from({ length: gone - both }, (_, index) => at + index);
  const added = wanted.slice(at, at + come - both).map((one) => printed(source.say(one)));
  return [
    ...changed.flatMap((one) => edits(source, itemAt(list, one), value[one], wanted[one])),
    ...removed.map((one) => removal(source, list, one)),
    ...(at === value.length ? addition(source, list, added) : insertion(source, list, at, added)),
  ];
}

function itemAt(list: YAMLSeq, at: number): Node {
  const item = list.items[at];
  if (!isNode(item)) throw new Uneditable();
  return item;
}

/** Where an item of a list or a pair of a map begins and ends. */
function partOf(text: string, collection: YAMLMap | YAMLSeq, at: number): Stretch {
  if (isSeq(collection)) return stretch(text, itemAt(collection, at));
  const { key, value } = (collection.items[at] ?? {}) as Partial<Pair>;
  if (!isNode(key) || !isNode(value)) throw new Uneditable();
  return { from: stretch(text, key).from, to: stretch(text, value).to };
}

/** Behind the last part. */
function addition(
  source: Source,
  collection: YAMLMap | YAMLSeq,
  added: readonly string[],
): readonly TextEdit[] {
  if (added.length === 0) return [];
  const last = partOf(source.text, collection, collection.items.length - 1);
  if (collection.flow) {
    return [{ from: last.to, to: last.to, text: added.map((one) => `, ${one}`).join('') }];
  }
  const indent = indentOf(source.text, collection, 0);
  const at = lineEnd(source.text, last.to);
  const lines = added.map((one) => `${source.newline}${indent}${one}`).join('');
  return [{ from: at, to: at, text: lines }];
}

/** Before the item at this place. */
function insertion(
  source: Source,
  list: YAMLSeq,
  at: number,
  added: readonly string[],
): readonly TextEdit[] {
  if (added.length === 0) return [];
  const { from } = partOf(source.text, list, at);
  if (list.flow) return [{ from, to: from, text: added.map((one) => `${one}, `).join('') }];
  const indent = indentOf(source.text, list, at);
  const line = lineStart(source.text, from);
  const lines = added.map((one) => `${indent}${one}${source.newline}`).join('');
  return [{ from: line, to: line, text: lines }];
}

function removal(source: Source, collection: YAMLMap | YAMLSeq, at: number): TextEdit {
  const { from, to } = partOf(source.text, collection, at);
  if (!collection.flow) {
    indentOf(source.text, collection, at);
    const end = lineEnd(source.text, to);
    const newline = source.text.startsWith(source.newline, end) ? source.newline.length : 0;
    return { from: lineStart(source.text, from), to: end + newline, text: '' };
  }
  if (at + 1 < collection.items.length) {
    return { from, to: partOf(source.text, collection, at + 1).from, text: '' };
  }
  return { from: partOf(source.text, collection, at - 1).to, to, text: '' };
}

/** What stands before a part on its own line: blanks, and the dash of an item. Anything else stands in the way. */
function indentOf(text: string, collection: YAMLMap | YAMLSeq, at: number): string {
  const { from } = partOf(text, collection, at);
  const before = text.slice(lineStart(text, from), from);
  if ((isSeq(collection) ? /^ *- +$/ : /^ *$/).test(before)) return before;
  throw new Uneditable();
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Without the blank lines that the parser counts to the end of a block. */
function stretch(text: string, node: Node): Stretch {
  if (!node.range) throw new Uneditable();
  const [from, to] = node.range;
  return { from, to: from + text.slice(from, to).trimEnd().length };
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Before the line break, behind a comment. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end === -1) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

/** On one line, fit for every place. */
function printed(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printed).join(', ')}]`;
  if (!isValues(value)) return printedScalar(value);
  const pairs = Object.entries(value).map(([key, one]) => `${printed(key)}: ${printed(one)}`);
  return `{ ${pairs.join(', ')} }`;
}

function printedScalar(value: unknown): string {
  const options = { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 } as const;
  // As the only item of a list, so that it is quoted where a list would end.
  return stringify([value], options).trimEnd().slice(1, -1);
}

function countWhile(limit: number, holds: (at: number) => boolean): number {
  let count = 0;
  while (count < limit && holds(count)) count += 1;
  return count;
}
