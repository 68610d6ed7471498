import type { RememberedFix } from '../../adapters/postgres/remembered-fixes.ts';
import type { Proposal, Strategy } from './contract.ts';

/** Fixes that worked before, as candidates like any other: they pass the same checks and the same gate. */
export function rememberedStrategy(fixes: readonly RememberedFix[]): Strategy {
  return {
    name: 'memory',
    family: 'memory',
    handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
    propose: () =>
      Promise.resolve(
        fixes.length > 0
          ? { proposals: fixes.map(proposal) }
          : { proposals: [], abstains: 'No fix of anything like it has worked before.' },
      ),
  };
}

function proposal({ patch, by, similarity, successes, failures }: RememberedFix): Proposal {
  const worked = `It worked in ${successes} of ${successes + failures} cases`;
  return { patch, features: { similarity }, explains: `${worked} ${WHERE[by]}.` };
}

const WHERE = {
  fingerprint: 'when this source broke in the very same way',
  host: 'for the same fields of this host',
  shape: 'for the same fields on pages of a like shape',
} as const;
