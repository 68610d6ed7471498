import { readGuidance, type Hint } from '../../adapters/extraction/guidance.ts';
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
      const { hints } = readGuidance(text, spec);
      const because = 'The guidance names no field of the spec with a selector ("title: h1.name").';
      if (hints.length === 0) return Promise.resolve({ proposals: [], abstains: because });
      return Promise.resolve({ proposals: [proposal(hints)] });
    },
  };
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
