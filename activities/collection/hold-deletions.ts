import { readListedBaseline } from '../../adapters/postgres/baselines.ts';
import { readRejected } from '../../adapters/postgres/held-sets.ts';
import type { Candidate, Candidates } from '../../adapters/postgres/removals.ts';
import type {
  ReconcileDocumentsInput,
  ReconcileReport,
} from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { refuseDeletion } from '../../workflows/collection/deletion-guard.ts';
import type { HeldReport } from '../../workflows/collection/run-status.ts';
import {
  answers,
  askPeople,
  endQuestions,
  rejectedBy,
  sha256,
  type Rejected,
} from './ask-people.ts';
import type { CollectionDependencies } from './dependencies.ts';

const SAMPLE = 10;

export interface Judged {
  /** Those that may go now. */
  readonly allowed: readonly Candidate[];
  readonly report: Pick<ReconcileReport, 'held' | 'kept'>;
}

/**
 * Lets the guard judge the candidates. What it refuses is stored and people are asked, unless they have rejected just that; what it allows
 * ends every open question about deletions of the source, and goes but for what a person has rejected. Idempotent: a repeated attempt asks
 * once.
 */
export async function judgeDeletions(
  found: Candidates,
  input: ReconcileDocumentsInput,
  definition: SourceDefinition,
  deps: CollectionDependencies,
): Promise<Judged> {
  const report = holdBack(found, definition, await usualDocuments(found, input, deps));
  if (!report) {
    if (input.listingComplete) await endQuestions(['deletions'], input, deps);
    return spare(found.candidates, input, definition, deps);
  }
  const { listingComplete } = input;
  const matter = {
    kind: 'deletions',
    report,
    documents: found.candidates,
    listingComplete,
  } as const;
  const rejected = await askPeople(matter, input, definition, deps);
  if (rejected) return { allowed: [], report: { kept: kept(report, rejected) } };
  return { allowed: [], report: { held: report } };
}

/** Only a complete listing is comparable with those before it. */
async function usualDocuments(
  { candidates }: Candidates,
  { tenant, source, digest: definitionDigest, listingComplete }: ReconcileDocumentsInput,
  { db }: CollectionDependencies,
): Promise<readonly number[]> {
  if (!listingComplete || candidates.length === 0) return [];
  return readListedBaseline(db, { tenant, source, definitionDigest });
}

/** A corpus that grows must not let the guard allow what a person has refused. Only a definition that allows everything does. */
async function spare(
  candidates: readonly Candidate[],
  { tenant, source }: ReconcileDocumentsInput,
  { limits }: SourceDefinition,
  { db }: CollectionDependencies,
): Promise<Judged> {
  if (candidates.length === 0 || limits.maxDeletedShare >= 1)
    return { allowed: candidates, report: {} };
  const rejected = await readRejected(db, { tenant, source });
  const spared = candidates.filter(({ hash }) => rejected.has(hash));
  const [first] = spared;
  const by = first && rejected.get(first.hash);
  if (!by) return { allowed: candidates, report: {} };
  const allowed = candidates.filter(({ hash }) => !rejected.has(hash));
  return {
    allowed,
    report: { kept: kept({ candidates: spared.length, digest: by.digest }, by) },
  };
}

function holdBack(
  { candidates, live, added }: Candidates,
  { limits }: SourceDefinition,
  baseline: readonly number[],
): HeldReport | undefined {
  const { maxDeletedShare, maxDeletions, deletionFloor } = limits;
  const reason = refuseDeletion({
    candidates: candidates.length,
    live,
    added,
    maxDeletedShare,
    baseline,
    ...(maxDeletions === undefined ? {} : { maxDeletions }),
    ...(deletionFloor === undefined ? {} : { deletionFloor }),
  });
  if (!reason) return undefined;
  const digest = digestOf(candidates);
  return {
    failure: candidates.length >= live ? 'EmptyResult' : 'ContentShrank',
    reason: `${reason} ${answers(digest, 'deletes them', 'keeps them')}`,
    digest,
    candidates: candidates.length,
    live: Math.max(live - added, candidates.length),
    sample: candidates.slice(0, SAMPLE).map((one) => (one.title ?? one.docId).slice(0, 100)),
  };
}

/** The same for the same documents, whichever run finds them missing. They are sorted. */
function digestOf(candidates: readonly Candidate[]): string {
  return sha256(candidates.map((one) => one.hash).join('\n'));
}

function kept(
  { candidates, digest }: Pick<HeldReport, 'candidates' | 'digest'>,
  by: NonNullable<Rejected>,
): string {
  const what = candidates === 1 ? 'deletion was' : 'deletions were';
  return `${candidates} ${what} rejected ${rejectedBy(by, digest)} and kept`;
}
