import type { FieldSpec } from '../../../workflows/collection/extraction-spec.ts';
import type {
  EvidenceView,
  FailingPage,
  GoodSample,
  Proposal,
  StrategyAnswer,
} from '../contract.ts';
import { inFront } from '../evidence/in-front.ts';
import type { Aim } from './features.ts';
import { aimAt, openFacts } from './open.ts';
import type { PageFacts } from './page-facts.ts';
import type { Candidate } from './search.ts';
import { selectorFor } from './selector.ts';

/** Where a strategy believes the values to be now, or why it does not know. */
export type Choice =
  | {
      readonly candidate: Candidate;
      readonly features: Proposal['features'];
      readonly explains: string;
    }
  | { readonly abstains: string };

export type Choose = (aim: Aim, page: PageFacts, field: FieldSpec) => Choice;

/** Looks for every failing field of a page by comparing a good page with a failing one; each field found is a proposal of its own. */
export function relocate(view: EvidenceView, choose: Choose): StrategyAnswer {
  if (view.spec.records !== undefined)
    return { proposals: [], abstains: 'Records of a list are not relocated.' };
  const answers = view.failingFields.flatMap((name) => {
    const field = view.spec.fields[name];
    return field === undefined ? [] : [relocateField(view, name, field, choose)];
  });
  const proposals = answers.flatMap((one) => ('patch' in one ? [one] : []));
  if (proposals.length > 0) return { proposals };
  const reasons = answers.flatMap((one) => ('abstains' in one ? [one.abstains] : []));
  return { proposals: [], abstains: reasons[0] ?? 'No field of the spec is failing.' };
}

function relocateField(
  view: EvidenceView,
  name: string,
  field: FieldSpec,
  choose: Choose,
): Proposal | { readonly abstains: string } {
  let abstains = `No good page shows where the field "${name}" stood.`;
  for (const failing of view.failing.slice(0, MAX_PAGES)) {
    const page = openFacts(failing, view.spec);
    if (page === undefined) {
      abstains = `The failing page is too large or nested too deeply to be searched for the field "${name}".`;
      continue;
    }
    for (const sample of samplesFor(failing, view.good)) {
      const good = openFacts(sample, view.spec);
      const aim = good && aimAt(good, field);
      if (aim === undefined) continue;
      const choice = choose(aim, page, field);
      const proposal = 'abstains' in choice ? choice : proposalOf(name, page, aim, choice);
      if ('patch' in proposal) return proposal;
      ({ abstains } = proposal);
    }
  }
  return { abstains };
}

const MAX_PAGES = 3;

/** The same document then and now says most. */
function samplesFor(failing: FailingPage, good: readonly GoodSample[]): readonly GoodSample[] {
  const same = good.filter(({ url }) => url === failing.url);
  return [...same, ...good.filter(({ url }) => url !== failing.url)].slice(0, MAX_PAGES);
}

function proposalOf(
  name: string,
  page: PageFacts,
  aim: Aim,
  choice: Extract<Choice, { candidate: Candidate }>,
): Proposal | { readonly abstains: string } {
  const css = selectorFor(page, choice.candidate.members, aim.look);
  if (css === undefined)
    return { abstains: `The field "${name}" was found, but no selector finds it alone.` };
  return {
    patch: [inFront(name, { css })],
    features: choice.features,
    explains: `The field "${name}" is found by "${css}" now: ${choice.explains}`,
  };
}
