import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import { isSelector } from './dom.ts';

/** Where a person says that something is. */
export interface Hint {
  /** The field; the empty text for the records. */
  readonly field: string;
  readonly css: string;
}

/** What the lines `field: selector` and `records: selector` of a text say, and what is wrong with those that say nothing. */
export interface ReadGuidance {
  readonly hints: readonly Hint[];
  /** Whole sentences. */
  readonly mistakes: readonly string[];
}

const MAX_HINTS = 20;
const MAX_SELECTOR = 300;

/** Reads what a person says of a fix. The last line about a field counts; words that are no such line are for people alone. */
export function readGuidance(text: string, spec: ExtractionSpec): ReadGuidance {
  const found = new Map<string, Hint>();
  const mistakes: string[] = [];
  for (const line of linesOf(text, spec).slice(0, 200)) {
    const [, name, said] = /^\s*([^\s:]+)\s*:(.*)$/su.exec(line) ?? [];
    if (name === undefined || said === undefined) continue;
    const css = said.trim();
    const mistake = mistakeIn({ field: name, css }, spec);
    const field = name === 'records' ? '' : name;
    if (mistake !== undefined) mistakes.push(mistake);
    else if (found.size < MAX_HINTS) found.set(field, { field, css });
  }
  return { hints: [...found.values()], mistakes };
}

/** What a line may begin with. */
export function guidedNames({ fields, records }: ExtractionSpec): readonly string[] {
  return [...Object.keys(fields).toSorted(), ...(records === undefined ? [] : ['records'])];
}

function mistakeIn({ field, css }: Hint, spec: ExtractionSpec): string | undefined {
  const names = guidedNames(spec);
  if (!names.includes(field))
    return `"${field}" is no field of the extraction. Fields are: ${names.join(', ')}.`;
  if (css.length > MAX_SELECTOR)
    return `The selector of "${field}" has ${css.length} characters. At most ${MAX_SELECTOR} are read.`;
  return css !== '' && isSelector(css)
    ? undefined
    : `"${css}" of "${field}" is no CSS selector. Write one such as "h2.name".`;
}

/** The reason of a decision comes on one line: where the name of a field follows, another hint begins. */
function linesOf(text: string, { fields }: ExtractionSpec): readonly string[] {
  const names = [...Object.keys(fields), 'records'].join('|');
  return text.split(new RegExp(`\\n|[\\s,;]+(?=(?:${names}):\\s)`, 'u'));
}
