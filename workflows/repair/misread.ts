import type { ExtractedRecord, ExtractionSpec, FieldType } from '../collection/extraction-spec.ts';
import { oneLine } from '../approval/words.ts';
import type { TriedBody } from './spec-checks.ts';

/** Documents of which the candidate reads another place than before. */
export interface Misread {
  /** One sentence each: which document and field, and its value before and now. */
  readonly findings: readonly string[];
  /** The highest share of any field among the documents that can be compared, 0..1. */
  readonly share: number;
}

/** From here on a candidate reads the wrong place: one document of up to five, or a fifth of more. */
export const MISREAD_SHARE = 0.2;

/**
 * Two signs of a wrong place, told apart from a value that really changed: the old value still stands on the page, but another one is read;
 * and an optional field that a document did not have is read from it now. Pure; documents of one record alone, since only these can be compared.
 */
export function misreadings(spec: ExtractionSpec, bodies: readonly TriedBody[]): Misread {
  const joined = bodies.flatMap(joinedDocument);
  const tallies = Object.keys(spec.fields).flatMap((name) =>
    [ofOldValues, ofAbsence].map((sign) => sign(spec, joined, name)),
  );
  return {
    findings: tallies.flatMap(({ wrong }) => wrong),
    share: Math.max(
      0,
      ...tallies.map(({ wrong, of }) => (of === 0 ? 0 : Math.min(1, wrong.length / of))),
    ),
  };
}

/** Letters and digits of a text, markup and addresses of links left out. */
export function lettersOf(text: string): string {
  return text
    .replaceAll(/<[^<>]*>|\]\([^()\s]*\)/gu, ' ')
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '')
    .toLowerCase();
}

interface Joined {
  readonly body: TriedBody;
  readonly old: ExtractedRecord;
  /** What the spec in force reads: where the candidate reads the same, it is not the candidate's doing. */
  readonly inForce: ExtractedRecord;
  readonly now: ExtractedRecord;
}

interface Signs {
  readonly wrong: readonly string[];
  readonly of: number;
}

/** A body that was held out is its own past. */
function joinedDocument(body: TriedBody): readonly Joined[] {
  if (body.role === 'shown') return [];
  const known = body.role === 'held-out' ? body.before.records : (body.good ?? []);
  const [old, now] = [known[0], body.after.records[0]];
  if (old === undefined || now === undefined) return [];
  if (known.length !== 1 || body.after.records.length !== 1) return [];
  const inForce = body.role === 'held-out' ? {} : (body.before.records[0] ?? {});
  return [{ body, old, now, inForce }];
}

/** Values of held-out bodies are compared by another check. */
function ofOldValues({ fields }: ExtractionSpec, all: readonly Joined[], name: string): Signs {
  const had = all.filter(({ body, old }) => body.role === 'failing' && old[name] !== undefined);
  const wrong = had
    .filter(({ body }) => body.standing?.includes(name))
    .filter(({ old, now }) => now[name] !== undefined && differs(old, now, name, fields))
    .filter(({ now, inForce }) => !isSame(now[name], inForce[name]));
  return {
    of: had.length,
    wrong: wrong.map(
      ({ body, old, now }) =>
        `Field "${name}" of "${body.url}" was "${shown(old[name])}", which still stands there, but "${shown(now[name])}" is read.`,
    ),
  };
}

/** Counted among those that lacked it: the others say nothing about how it is absent. */
function ofAbsence({ fields }: ExtractionSpec, all: readonly Joined[], name: string): Signs {
  const lacked = fields[name]?.required
    ? []
    : all.filter(({ old, now, inForce }) => {
        const isOld = now[name] !== undefined && isSame(now[name], inForce[name]);
        return old[name] === undefined && !isOld;
      });
  const wrong = lacked.filter(({ now }) => now[name] !== undefined);
  return {
    of: lacked.length,
    wrong: wrong.map(
      ({ body, now }) =>
        `Field "${name}" was absent from "${body.url}" before, but "${shown(now[name])}" is read.`,
    ),
  };
}

function differs(
  before: ExtractedRecord,
  now: ExtractedRecord,
  name: string,
  fields: ExtractionSpec['fields'],
): boolean {
  const type: FieldType = fields[name]?.type ?? 'text';
  const [old, read] = [before[name], now[name]];
  if (typeof old !== 'string' || typeof read !== 'string') return !isSame(old, read);
  const [a, b] = [lettersOf(old), lettersOf(read)];
  // Markup with something around it is what it was.
  return type === 'html' ? !b.includes(a) : a !== b;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function shown(value: unknown): string {
  const text = oneLine(String(value).slice(0, MAX_SHOWN * 4));
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 1)}…`;
}

const MAX_SHOWN = 80;
