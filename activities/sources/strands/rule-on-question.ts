import type { ScopeRuling } from '../../../workflows/collection/explanation.ts';
import type { StrandsConfig } from './config.ts';

/** A document is there for each question, by its id or by that and a period. */
export function ruleOnQuestion({ questions, period }: StrandsConfig, about: string): ScopeRuling {
  const [asked = ''] = about.split('/');
  const found = questions.find(({ id }) => id === asked);
  if (found === undefined)
    return { taken: false, because: `"questions" has none with the id "${asked.slice(0, 100)}"` };
  if (period !== undefined && about === asked)
    return {
      taken: true,
      because: `"questions" has "${asked}", with a document for each ${period.every}`,
    };
  return { id: about, taken: true, because: `"questions" has "${asked}"` };
}
