import type { ExtractionSpec } from '../../workflows/collection/extraction-spec.ts';
import { parsePatch, parsePointer, type SpecPatch } from '../../workflows/repair/patch.ts';
import { changedLines } from '../../workflows/repair/spec-diff.ts';
import { digestOf } from '../../adapters/definitions/digest.ts';
import { patchDigestOf, type Candidate } from './candidate.ts';
import type { EvidenceView, Proposal, Strategy } from './contract.ts';
import { demandingSpec } from './demanding-spec.ts';

/** What one strategy proposes, already known to make a valid spec by itself. */
export interface ValidProposal {
  readonly strategy: Strategy;
  readonly proposal: Proposal;
  readonly patch: SpecPatch;
  /** Parts of the spec that it changes: names of fields, the empty text for the records, `next`, `decode`. */
  readonly targets: ReadonlySet<string>;
}

/** A proposal that makes a valid spec, or the sentence that says why it does not. */
export function validated(
  view: EvidenceView,
  strategy: Strategy,
  proposal: Proposal,
): ValidProposal | { readonly refused: string } {
  const parsed = parsePatch(proposal.patch);
  if ('refused' in parsed) return parsed;
  const patched = demandingSpec(view.spec, parsed.patch);
  if ('refused' in patched) return patched;
  return { strategy, proposal, patch: parsed.patch, targets: targetsOf(parsed.patch) };
}

/**
 * Whole specs out of parts. Each proposal is the seed of one candidate, which is filled up with the best proposals for the fields that still
 * fail: first of the same strategy, then in the order of the table. Equal specs appear once, with all strategies that seeded them.
 */
export function composed(
  view: EvidenceView,
  proposals: readonly ValidProposal[],
): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const seed of proposals.slice(0, MAX_SEEDS)) {
    for (const parts of partsFrom(seed, proposals, view)) {
      const candidate = candidateOf(view.spec, parts);
      if (candidate === undefined) continue;
      const known = found.get(candidate.specDigest);
      found.set(candidate.specDigest, known ? merged(known, candidate) : candidate);
    }
  }
  return [...found.values()];
}

/** Strategies propose their best few; more would only be noise, and each costs a run over all bodies. */
const MAX_SEEDS = 24;

function partsFrom(
  seed: ValidProposal,
  proposals: readonly ValidProposal[],
  { failingFields }: EvidenceView,
): readonly (readonly ValidProposal[])[] {
  const covered = new Set(seed.targets);
  const parts = [seed];
  // Where the bytes were read wrongly, or the list was not found, nothing is known of the fields.
  const isWhole = covered.has('decode') || covered.has('');
  const ordered = proposals.toSorted(
    (a, b) => Number(b.strategy === seed.strategy) - Number(a.strategy === seed.strategy),
  );
  for (const other of ordered) {
    const isUseful = [...other.targets].some(
      (target) => failingFields.includes(target) && !covered.has(target),
    );
    if (!isUseful || [...other.targets].some((target) => covered.has(target))) continue;
    parts.push(other);
    for (const target of other.targets) covered.add(target);
  }
  return isWhole && parts.length > 1 ? [[seed], parts] : [parts];
}

function candidateOf(spec: ExtractionSpec, parts: readonly ValidProposal[]): Candidate | undefined {
  const [seed] = parts;
  const patch = parts.flatMap((part) => part.patch);
  const patched = demandingSpec(spec, patch);
  if (seed === undefined || 'refused' in patched) return undefined;
  const margins = parts.flatMap(({ proposal }) => proposal.features.margin ?? []);
  return {
    patch,
    patchDigest: patchDigestOf(patch, spec, patched.spec),
    spec: patched.spec,
    specDigest: digestOf(patched.spec),
    strategies: [seed.strategy.name],
    author: seed.strategy.name,
    families: [seed.strategy.family],
    changedLines: changedLines(spec, patched.spec),
    ...(margins.length === 0 ? {} : { margin: clamped(Math.min(...margins)) }),
    explains: parts.map(({ proposal }) => proposal.explains),
  };
}

/** One behaviour, found twice. */
export function merged(one: Candidate, other: Candidate): Candidate {
  return {
    ...one,
    strategies: [...new Set([...one.strategies, ...other.strategies])].toSorted(),
    families: [...new Set([...one.families, ...other.families])].toSorted(),
  };
}

function clamped(margin: number): number {
  return Number.isFinite(margin) ? Math.min(1, Math.max(0, margin)) : 0;
}

function targetsOf(patch: SpecPatch): ReadonlySet<string> {
  const places = patch.flatMap((operation) =>
    'from' in operation ? [operation.path, operation.from] : [operation.path],
  );
  return new Set(
    places.map((place) => {
      const [part = '', field = ''] = parsePointer(place) ?? [];
      if (part === 'fields') return field;
      return part === 'records' ? '' : part;
    }),
  );
}
