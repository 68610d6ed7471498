import { digestOf } from '../../adapters/definitions/digest.ts';
import type { Extraction } from '../../workflows/collection/extraction-spec.ts';
import { learnFields } from '../../workflows/repair/learned-fields.ts';
import { judgeSpec, type TriedBody } from '../../workflows/repair/spec-checks.ts';
import { askStrategies } from './ask-strategies.ts';
import type { Candidate, CandidateEvidence } from './candidate.ts';
import { changedValues } from './changed-values.ts';
import { composed, merged, validated, type ValidProposal } from './compose.ts';
import type { EvidenceView, Strategy } from './contract.ts';
import { followingPages } from './following-pages.ts';
import { STRATEGIES } from './index.ts';
import { bodiesOf, standingOn, trySpecs } from './try-specs.ts';

export interface CandidateOptions {
  /** Default: all of the table. One that is not in the table (the memory, which reads a database) runs beside the threads. */
  readonly strategies?: readonly Strategy[];
  /** Digests of patches that failed or were refused before. */
  readonly refused?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
  /** For each strategy. Default: 30 seconds. */
  readonly strategyDeadlineMs?: number;
}

export interface CandidateSet {
  /** Best first, one for each distinct behaviour that passes; empty when nothing does. */
  readonly candidates: readonly Candidate[];
  /** Valid specs that fail on the bodies, with the reason as a sentence: people may want to see what was tried. */
  readonly failed: readonly { readonly candidate: Candidate; readonly because: string }[];
  readonly abstained: readonly Abstention[];
  /** Strategies behind the first candidate, of those with any valid one; 0..1. */
  readonly agree: number;
  /** How many distinct behaviours pass. */
  readonly distinctPassing: number;
}

/** A strategy that proposes nothing that could be used, and why: a whole sentence. */
export interface Abstention {
  readonly strategy: string;
  readonly because: string;
}

/**
 * Runs every strategy, makes whole specs of what they propose, runs these on all bodies, and clusters them by what they extract. A behaviour
 * that most independent families came to is first; among equals the smallest change.
 */
export async function findCandidates(
  evidence: CandidateEvidence,
  options: CandidateOptions = {},
): Promise<CandidateSet> {
  const { view } = evidence;
  const { refused = new Set(), signal = NEVER } = options;
  const { proposals, abstained } = await proposalsOf(view, { ...options, signal });
  const all = composed(view, proposals);
  const fresh = all.filter(({ patchDigest }) => !refused.has(patchDigest));
  const tried = await tryAll(evidence, fresh, signal);
  const passing = clusters(tried.filter(({ because }) => because === undefined));
  const voices = new Set(proposals.map(({ strategy }) => strategy.name)).size;
  return {
    candidates: passing,
    failed: tried.flatMap(({ candidate, because }) => (because ? [{ candidate, because }] : [])),
    abstained: [...abstained, ...triedBefore(all.filter((one) => !fresh.includes(one)))],
    agree: voices === 0 ? 0 : (passing[0]?.strategies.length ?? 0) / voices,
    distinctPassing: passing.length,
  };
}

const NEVER = new AbortController().signal;
const STRATEGY_DEADLINE_MS = 30_000;
const BODY_DEADLINE_MS = 20_000;
/** Of one strategy. */
const MAX_PROPOSALS = 8;
const MAX_REASON = 400;

async function proposalsOf(
  view: EvidenceView,
  {
    strategies = STRATEGIES,
    signal,
    strategyDeadlineMs: deadlineMs = STRATEGY_DEADLINE_MS,
  }: CandidateOptions & { readonly signal: AbortSignal },
): Promise<{
  readonly proposals: readonly ValidProposal[];
  readonly abstained: readonly Abstention[];
}> {
  const asked = strategies.filter(({ handles }) => handles.includes(view.failure));
  const answers = await askStrategies(asked, view, { signal, deadlineMs });
  const judged = answers.map(({ strategy, answer }) => {
    const checked = answer.proposals
      .slice(0, MAX_PROPOSALS)
      .map((proposal) => validated(view, strategy, proposal));
    const reasons = checked.flatMap((one) => ('refused' in one ? [one.refused] : []));
    const valid = checked.flatMap((one) => ('refused' in one ? [] : [one]));
    return { strategy, valid, because: reasons[0] ?? answer.abstains };
  });
  return {
    proposals: judged.flatMap(({ valid }) => valid),
    abstained: judged
      .filter(({ valid }) => valid.length === 0)
      .map(({ strategy, because }) => ({
        strategy: strategy.name,
        because: (because ?? 'It proposes nothing.').slice(0, MAX_REASON),
      })),
  };
}

interface Tried {
  readonly candidate: Candidate;
  /** Why it does not pass. */
  readonly because?: string;
  /** Of everything that it extracts from all bodies. */
  readonly behaviour: string;
}

/** What the spec in force and each candidate read from one body. */
interface TriedSpecs {
  readonly before: Extraction;
  readonly after: readonly Extraction[];
  readonly standing: readonly string[];
}

async function tryAll(
  evidence: CandidateEvidence,
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<readonly Tried[]> {
  if (candidates.length === 0) return [];
  const { view } = evidence;
  const specs = [view.spec, ...candidates.map(({ spec }) => spec)];
  const bodies: TriedSpecs[] = [];
  const places = bodiesOf(evidence);
  for (const body of places) {
    const limits = { signal, deadlineMs: BODY_DEADLINE_MS };
    const [before = NOTHING, ...after] = await trySpecs(body, specs, limits);
    bodies.push({ before, after, standing: await standingOn(body, view, limits) });
  }
  return candidates.map((candidate, at) => {
    const tried = places.map(({ page, role }, index) => ({
      url: page.url,
      role,
      before: bodies[index]?.before ?? NOTHING,
      after: bodies[index]?.after[at] ?? NOTHING,
      standing: bodies[index]?.standing ?? [],
      ...goodAt(page.url, evidence),
    }));
    const because = objection(candidate, evidence, tried);
    const behaviour = digestOf(tried.map(({ after: { records, next } }) => ({ records, next })));
    return { candidate, behaviour, ...(because === undefined ? {} : { because }) };
  });
}

const NOTHING: Extraction = { records: [], served: {}, misses: [], violations: [] };

/** What the last good run read at an address. */
export function goodAt(url: string, { view }: CandidateEvidence): Pick<TriedBody, 'good'> {
  const sample = view.good.find((one) => one.url === url);
  return sample === undefined ? {} : { good: sample.records };
}

/** The first thing that speaks against a candidate. */
function objection(
  candidate: Candidate,
  { view }: CandidateEvidence,
  bodies: readonly TriedBody[],
): string | undefined {
  const learned = learnFields(
    candidate.spec,
    view.good.flatMap(({ records }) => records),
  );
  const { reports } = judgeSpec({
    spec: candidate.spec,
    failingFields: view.failingFields,
    learned,
    bodies,
  });
  const failed = reports.find(({ verdict }) => verdict === 'fail');
  if (failed !== undefined) return failed.findings[0] ?? `The check "${failed.check}" fails.`;
  const [changed] = changedValues(bodies, view, candidate.spec);
  if (changed !== undefined) return changed;
  const proved = reports.some(({ check, verdict }) => check === 'f2p' && verdict === 'pass');
  const followed = followingPages(bodies, view.spec, candidate.spec);
  if (followed?.found === 0) return 'No failing page leads on with it.';
  return proved || followed !== undefined ? undefined : 'Nothing that failed passes with it.';
}

/** One candidate for each behaviour: the smallest, with the strategies of all. */
function clusters(tried: readonly Tried[]): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const { candidate, behaviour } of tried) {
    const known = found.get(behaviour);
    const [best, other] =
      known !== undefined && known.changedLines <= candidate.changedLines
        ? [known, candidate]
        : [candidate, known];
    found.set(behaviour, other === undefined ? best : merged(best, other));
  }
  return [...found.values()].toSorted(
    (a, b) =>
      b.families.length - a.families.length ||
      b.strategies.length - a.strategies.length ||
      a.changedLines - b.changedLines ||
      trust(a) - trust(b) ||
      (a.specDigest < b.specDigest ? -1 : 1),
  );
}

/** The table is in the order of trust: old values say more than likeness. */
function trust({ strategies }: Candidate): number {
  const place = STRATEGIES.findIndex(({ name }) => strategies.includes(name));
  return place === -1 ? STRATEGIES.length : place;
}

function triedBefore(candidates: readonly Candidate[]): readonly Abstention[] {
  return candidates.map(({ author }) => ({
    strategy: author,
    because: 'What it proposes has failed or was refused before.',
  }));
}
