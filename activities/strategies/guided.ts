import { isSelector } from '../../adapters/extraction/dom.ts';
import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import type { SpecPatch } from '../../workflows/repair/patch.ts';
import type { Proposal, Strategy } from './contract.ts';

/**
 * What a person says of a fix, where it is selectors: lines `field: selector`, or `records: selector`. They are candidates like any other,
 * under the same checks. Other words are for people alone.
 */
export function guidedStrategy(text: string): Strategy {
  return {
    name: 'guidance',
    family: 'guidance',
    handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
    propose({ spec }) {
      const hints = hintsIn(text, spec);
      const because = 'The guidance names no field of the spec with a selector ("title: h1.name").';
      if (hints.length === 0) return Promise.resolve({ proposals: [], abstains: because });
      return Promise.resolve({ proposals: [proposal(hints)] });
    },
  };
}

interface Hint {
  /** The field; the empty text for the records. */
  readonly field: string;
  readonly css: string;
}

const MAX_HINTS = 20;
const MAX_SELECTOR = 300;

function hintsIn(text: string, spec: ExtractionSpec): readonly Hint[] {
  const found = new Map<string, Hint>();
  for (const line of linesOf(text, spec).slice(0, 200)) {
    const at = line.indexOf(':');
    const name = line.slice(0, Math.max(0, at)).trim();
    const css = line.slice(at + 1).trim();
    const isKnown =
      name === 'records' ? spec.records !== undefined : Object.hasOwn(spec.fields, name);
    if (at < 1 || !isKnown || css.length > MAX_SELECTOR || !isSelector(css)) continue;
    const field = name === 'records' ? '' : name;
    if (found.size < MAX_HINTS) found.set(field, { field, css });
  }
  return [...found.values()];
}

/** The reason of a decision comes on one line: where the name of a field follows, another hint begins. */
function linesOf(text: string, { fields }: ExtractionSpec): readonly string[] {
  const names = [...Object.keys(fields), 'records'].join('|');
  return text.split(new RegExp(`\\n|[\\s,;]+(?=(?:${names}):\\s)`, 'u'));
}

function proposal(hints: readonly Hint[]): Proposal {
  const patch: SpecPatch = hints.map(({ field, css }) => ({
    op: 'add',
    path: field === '' ? '/records/0' : `/fields/${field}/locators/0`,
    value: { css },
  }));
  const parts = hints.map(
    ({ field, css }) => `${field === '' ? 'the records' : `"${field}"`} at "${css}"`,
  );
  return { patch, features: {}, explains: `A person says where to look: ${parts.join(', ')}.` };
}
