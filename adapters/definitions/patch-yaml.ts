import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { isMap as isValues } from '../../workflows/is-map.ts';
import { replaceEnvReferences } from '../secrets/references.ts';
import type { Path } from './finding.ts';
import { mapTexts } from './map-texts.ts';
import { patchBetween } from './patch-between.ts';
import { patchExtract } from './patch-extract.ts';
import { valueAt } from './shown.ts';
import { specDigest, specOf } from './spec-digest.ts';
import { editsOf, rewriteOf, withEdits } from './yaml-edits.ts';

/** A fix, by what a person might write after it. */
export interface WrittenFix {
  readonly source: string;
  /** `specDigest` of what the file may hold before it. */
  readonly under: readonly string[];
  readonly toExtract: unknown;
}

export interface YamlPlace {
  /** Where the `extract` of the source stands. */
  readonly path: Path;
  /** For `${env:NAME}`. */
  readonly variable: (name: string) => string | undefined;
}

export type PatchedYaml =
  | { readonly text: string; readonly changed: boolean }
  | { readonly refused: string };

/**
 * Writes a fix into a file of definitions. Only what the fix changes is touched: comments, order, quotes, blank lines and references to
 * variables stay. A file that holds the fix already is left as it is.
 */
export function patchYaml(text: string, fix: WrittenFix, place: YamlPlace): PatchedYaml {
  const document = parse(text);
  const node = nodeAt(document, place.path);
  if (typeof node === 'string') return { refused: node };
  const raw = plain(document, node);
  const value = substituted(raw, place);
  const target = wantedExtract(value, fix);
  if ('refused' in target) return target;
  if (isDeepStrictEqual(target.extract, value)) return { text, changed: false };
  const say = (wanted: unknown): unknown => withReferences(raw, value, wanted);
  const attempts = [
    editsOf(text, node, { value, wanted: target.extract, say }),
    [rewriteOf(text, node, say(target.extract))],
  ];
  for (const edits of attempts) {
    const edited = edits && withEdits(text, edits);
    if (edited !== undefined && holds(edited, document, { place, extract: target.extract })) {
      return { text: edited, changed: true };
    }
  }
  return {
    refused: `The "extract" of source "${fix.source}" shares text with another place of the file (an anchor), so it cannot be changed by itself. Write it there by hand.`,
  };
}

/** What the file should say: the fix in its own spelling. */
function wantedExtract(
  value: unknown,
  { source, under, toExtract }: WrittenFix,
): ReturnType<typeof patchExtract> {
  const [from, to] = [specOf(source, value), specOf(source, toExtract)];
  const digest = specDigest(source, value);
  if (!from || !to || digest === undefined || !isValues(value)) {
    return { refused: `The "extract" of source "${source}" is no valid extraction spec. Mend it.` };
  }
  if (digest === specDigest(source, toExtract)) return { extract: value };
  if (!under.includes(digest)) {
    return {
      refused: `The "extract" of source "${source}" in the file is not the one that the fix starts from: somebody changed it. Apply the file, or write the fix by hand.`,
    };
  }
  return patchExtract(value, patchBetween(from, to));
}

/** A value that is written elsewhere takes the reference with it that it came from. */
function withReferences(raw: unknown, value: unknown, wanted: unknown): unknown {
  const references = new Map<string, string>();
  mapTexts(raw, (text, path) => {
    const now = valueAt(value, path);
    if (typeof now === 'string' && now !== text) references.set(now, text);
    return text;
  });
  return mapTexts(wanted, (text) => references.get(text) ?? text);
}

/** The edited file means the wanted `extract`, and everything else that it meant before. */
function holds(
  edited: string,
  before: Document,
  { place, extract }: { readonly place: YamlPlace; readonly extract: unknown },
): boolean {
  const after = parse(edited);
  const now = meaning(after);
  if (now === undefined) return false;
  const old = meaning(before);
  const written = valueAt(now, place.path);
  return (
    isDeepStrictEqual(substituted(written, place), extract) &&
    isDeepStrictEqual(without(now, place.path), without(old, place.path))
  );
}

function without(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return undefined;
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => (at === key ? without(item, rest) : item));
  }
  if (!isValues(value)) return value;
  return { ...value, [key]: without(value[key], rest) };
}

function substituted(raw: unknown, { variable }: YamlPlace): unknown {
  return mapTexts(raw, (text) => replaceEnvReferences(text, (name) => variable(name) ?? ''));
}

function parse(text: string): Document {
  return parseDocument(text, { merge: true, prettyErrors: false, logLevel: 'error' });
}

/** Undefined for a text that is broken, or whose aliases have lost their anchors. */
function meaning(document: Document): unknown {
  if (document.errors.length > 0) return undefined;
  try {
    return plain(document, document.contents);
  } catch {
    return undefined;
  }
}

function plain(document: Document, node: unknown): unknown {
  return isNode(node) ? node.toJS(document, { maxAliasCount: 100 }) : undefined;
}

/** The node at a path, or the sentence that says why it cannot be edited. */
function nodeAt(document: Document, path: Path): Node | string {
  let node: unknown = document.contents;
  for (const key of path) {
    if (isAlias(node)) return shared(path);
    node = childOf(node, key);
  }
  return isNode(node) && !isAlias(node) ? node : shared(path);
}

function childOf(node: unknown, key: string | number): unknown {
  if (isSeq(node)) return typeof key === 'number' ? node.items[key] : undefined;
  if (!isMap(node)) return undefined;
  return node.items.find((one) => isScalar(one.key) && one.key.value === key)?.value;
}

function shared(path: Path): string {
  return `"${path.join('.')}" of the file is shared with another place by an alias or a merge, so it cannot be changed by itself. Write it there by hand.`;
}
