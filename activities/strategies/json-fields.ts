import { locateRecords } from '../../adapters/extraction/locators.ts';
import type { EvidencePage, EvidenceView, Strategy } from './contract.ts';
import { answerOf, answerOfFields, type FieldFinding } from './evidence/answer.ts';
import { failingFields } from './evidence/failing-fields.ts';
import { matchFields, takenPaths, type FieldMatch } from './evidence/field-match.ts';
import { inFront } from './evidence/in-front.ts';
import { openPage } from './evidence/pages.ts';
import { expectedPresence, proveLocator, type Proof } from './evidence/proof.ts';

/** Fields of JSON records that were renamed or moved inside their record. */
export const jsonFields: Strategy = {
  name: 'json-fields',
  family: 'json',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult'],
  async propose(view) {
    const fields = failingFields(view);
    if (fields.length === 0) return answerOf([], ['No single field fails.']);
    const items = view.failing.slice(0, MAX_PAGES).flatMap((page) => itemsOn(page, view));
    if (items.length === 0) return answerOf([], ['The failing pages hold no JSON records.']);
    const matches = matchFields(view, fields, items, takenPaths(view));
    const judged = matches.map((match) => judge(view, match));
    const unmatched = fields.filter((name) => !matches.some(({ field }) => field === name));
    return answerOfFields(
      judged,
      unmatched.map((name) => `No path of the payload is left for "${name}".`),
    );
  },
};

const MAX_PAGES = 5;
/** Below it two places of other values are equally likely. */
const MIN_MARGIN = 0.1;
const MIN_EQUAL = 0.9;

/** The JSON values that are records; without a list, the payload is the record. */
function itemsOn(page: EvidencePage, { spec }: EvidenceView): readonly unknown[] {
  const opened = openPage(page, spec).page;
  if (opened === undefined) return [];
  if (spec.records === undefined) return opened.payload === undefined ? [] : [opened.payload];
  for (const locator of spec.records) {
    const scopes = locateRecords(locator, opened) ?? [];
    if (scopes.length > 0)
      return scopes.flatMap((one) => (one.kind === 'value' ? [one.value] : []));
  }
  return [];
}

function judge(view: EvidenceView, match: FieldMatch): FieldFinding {
  const { field, path, margin, overlap, presence } = match;
  const proof = proveLocator(view, field, { json: path });
  if (proof.presence < expectedPresence(view, field)) {
    return { because: `No path of the payload holds a valid "${field}" in enough records.` };
  }
  if (proof.goodDifferent > 0 || proof.likeness < 0.9) {
    return {
      because: `The likeliest path for "${field}", ${shown(path)}, holds other values than it had.`,
    };
  }
  if (margin < MIN_MARGIN) {
    return { because: `Several paths are as likely for "${field}" as ${shown(path)}.` };
  }
  if (!isProved(view, match, proof)) {
    return {
      because: `Too few old values of "${field}" are at ${shown(path)}, its likeliest path.`,
    };
  }
  return {
    proposal: {
      patch: [inFront(field, { json: path })],
      features: { margin: Math.min(1, margin / 0.5), overlap, presence },
      explains: explain(match, proof),
    },
  };
}

function isProved(view: EvidenceView, match: FieldMatch, proof: Proof): boolean {
  const joined = proof.equal + proof.different;
  const mayChange = view.spec.fields[match.field]?.stable === false;
  const isNamed = match.nameLikeness >= 0.75 && match.margin >= 2 * MIN_MARGIN;
  if (joined > 0) {
    if (proof.equal >= joined * MIN_EQUAL) return proof.telling >= 1 || proof.equal >= 3 || isNamed;
    return mayChange && isNamed;
  }
  if (match.overlap >= MIN_EQUAL && match.telling >= 2) return true;
  return mayChange && isNamed && view.good.length > 0 && proof.distinct >= 2;
}

function explain({ field, path, overlap }: FieldMatch, { equal, different }: Proof): string {
  const why =
    equal + different > 0
      ? `${equal} of ${equal + different} known records have their old value there`
      : overlap > 0
        ? `${Math.round(overlap * 100)} % of its values are old values`
        : 'its name and the look of its values agree';
  return `"${field}" moved to ${shown(path)} in the payload: ${why}.`;
}

function shown(path: string): string {
  return `"${path.replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, 100)}"`;
}
