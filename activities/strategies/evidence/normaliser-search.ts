import type { FieldSpec, Normaliser } from '../../../workflows/collection/extraction-spec.ts';
import { pointerTo, type PatchOperation } from '../../../workflows/repair/patch.ts';
import type { EvidenceView, Proposal } from '../contract.ts';
import type { FieldFinding } from './answer.ts';
import { expectedPresence, proveField, type Proof } from './proof.ts';

/**
 * Which entries of the catalogue make a field readable again on *all* rows, with the old values where these are known, and nothing changed on
 * good bodies. Chains that give other values are rivals; unless the old values decide, none is taken.
 */
export function searchNormalisers(
  view: EvidenceView,
  name: string,
  chains: readonly (readonly Normaliser[])[],
): FieldFinding {
  const field = view.spec.fields[name];
  if (field === undefined) return { because: `There is no field "${name}".` };
  const now = proveField(view, name, {});
  const trials = chains.flatMap((chain) => trial(view, name, field, chain));
  const most = trials.reduce((max, { proof }) => Math.max(max, proof.presence), 0);
  if (most < expectedPresence(view, name)) {
    return { because: `No entry of the catalogue makes "${name}" readable in enough rows.` };
  }
  if (isDayOpen(trials, most)) {
    return {
      because: `Day and month of "${name}" cannot be told apart: no value is above 12 in either place. A person must say which order it is.`,
    };
  }
  const left = trials.filter(
    ({ proof }) => proof.presence === most && holds(view, name, proof, now),
  );
  return choose(name, field, left);
}

interface Trial {
  readonly chain: readonly Normaliser[];
  readonly normalise: readonly Normaliser[];
  readonly proof: Proof;
}

/** In which order entries make sense: clean, then numbers, then dates. */
const PIPELINE: readonly Normaliser[] = [
  'unescapeHtml',
  'stripTags',
  'trim',
  'collapseSpace',
  'lowerCase',
  'naToNull',
  'stripCurrency',
  'stripPercent',
  'firstNumber',
  'decimalComma',
  'dayFirst',
  'monthFirst',
  'epochSeconds',
  'epochMilliseconds',
];

const EXCLUDE: Partial<Readonly<Record<Normaliser, Normaliser>>> = {
  dayFirst: 'monthFirst',
  monthFirst: 'dayFirst',
  epochSeconds: 'epochMilliseconds',
  epochMilliseconds: 'epochSeconds',
};

const MAX_NORMALISERS = 10;

function trial(
  view: EvidenceView,
  name: string,
  { normalise: had = [] }: FieldSpec,
  chain: readonly Normaliser[],
): readonly Trial[] {
  const fresh = chain.filter((one) => !had.includes(one));
  const clashes = fresh.some((one) => had.some((other) => EXCLUDE[one] === other));
  const normalise = fresh.reduce(inserted, had);
  if (fresh.length === 0 || clashes || normalise.length > MAX_NORMALISERS) return [];
  return [{ chain: fresh, normalise, proof: proveField(view, name, { normalise }) }];
}

/** What is there keeps its order: it was right for the pages before. */
function inserted(list: readonly Normaliser[], one: Normaliser): readonly Normaliser[] {
  const at = list.findIndex((other) => PIPELINE.indexOf(other) > PIPELINE.indexOf(one));
  return at === -1 ? [...list, one] : [...list.slice(0, at), one, ...list.slice(at)];
}

function isDayOpen(trials: readonly Trial[], most: number): boolean {
  const reads = (name: Normaliser): boolean =>
    trials.some(({ chain, proof }) => chain.includes(name) && proof.presence === most);
  const others = trials.some(
    ({ chain, proof }) =>
      !chain.includes('dayFirst') && !chain.includes('monthFirst') && proof.presence === most,
  );
  return reads('dayFirst') && reads('monthFirst') && !others;
}

function holds(view: EvidenceView, name: string, proof: Proof, now: Proof): boolean {
  const { equal, different, goodDifferent, presence, likeness } = proof;
  if (proof.signature === now.signature || goodDifferent > 0 || likeness < 0.9) return false;
  const joined = equal + different;
  if (joined > 0) {
    const wanted = view.spec.fields[name]?.stable === true ? 1 : 0.9;
    return equal >= joined * wanted && equal > now.equal && (equal >= 2 || proof.telling >= 1);
  }
  // Nothing known to compare with: all rows must be read, and look as before.
  return presence === 1 && likeness === 1 && proof.distinct >= 3 && presence > now.presence;
}

function choose(name: string, field: FieldSpec, trials: readonly Trial[]): FieldFinding {
  const ranked = trials.toSorted(
    (a, b) => b.proof.equal - a.proof.equal || a.chain.length - b.chain.length,
  );
  const [best] = ranked;
  if (best === undefined) {
    return { because: `No entry of the catalogue gives "${name}" the values that it had.` };
  }
  const rival = ranked.find(({ proof }) => proof.signature !== best.proof.signature);
  if (rival !== undefined && rival.proof.equal >= best.proof.equal * 0.9) {
    return {
      because: `"${name}" can be read in two ways (${best.chain.join(', ')}; ${rival.chain.join(', ')}), and no known value decides.`,
    };
  }
  return { proposal: proposalOf(name, field, best) };
}

function proposalOf(name: string, field: FieldSpec, { chain, normalise, proof }: Trial): Proposal {
  const { equal, different, presence } = proof;
  const why =
    equal > 0
      ? `${equal} of ${equal + different} known values come out as before`
      : 'every row can be read, and looks as before';
  return {
    patch: operations(name, field.normalise, normalise),
    features: { presence, likeness: proof.likeness },
    explains: `"${name}" is written another way; ${chain.join(' and ')} makes it readable: ${why}.`,
  };
}

function operations(
  name: string,
  had: readonly Normaliser[] | undefined,
  normalise: readonly Normaliser[],
): readonly PatchOperation[] {
  const path = pointerTo(['fields', name, 'normalise']);
  if (had === undefined) return [{ op: 'add', path, value: normalise }];
  return normalise.flatMap((one, at) =>
    had.includes(one) ? [] : [{ op: 'add' as const, path: `${path}/${at}`, value: one }],
  );
}
