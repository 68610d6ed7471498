import { createHash } from 'node:crypto';
import {
  holdSet,
  readRejected,
  releaseSets,
  type HoldResult,
} from '../../adapters/postgres/held-sets.ts';
import type { Candidate, Candidates } from '../../adapters/postgres/removals.ts';
import type { DecideHeldInput } from '../../workflows/approval/held-input.ts';
import { shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import { timeText } from '../../workflows/approval/words.ts';
import type {
  ReconcileDocumentsInput,
  ReconcileReport,
} from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { refuseDeletion } from '../../workflows/collection/deletion-guard.ts';
import type { HeldReport } from '../../workflows/collection/run-status.ts';
import type { CollectionDependencies } from './dependencies.ts';

const SAMPLE = 10;

export interface Judged {
  /** Those that may go now. */
  readonly allowed: readonly Candidate[];
  readonly report: Pick<ReconcileReport, 'held' | 'kept'>;
}

/**
 * Lets the guard judge the candidates. What it refuses is stored and people are asked, unless they have rejected just that; what it allows
 * ends every open question of the source, and goes but for what a person has rejected. Idempotent: a repeated attempt asks once.
 */
export async function judgeDeletions(
  found: Candidates,
  input: ReconcileDocumentsInput,
  definition: SourceDefinition,
  deps: CollectionDependencies,
): Promise<Judged> {
  const held = holdBack(found, definition);
  if (!held) {
    if (input.listingComplete) await release(input, deps);
    return spare(found.candidates, input, definition, deps);
  }
  const { tenant, source, runId: run, digest: definitionDigest, listingComplete } = input;
  const documents = found.candidates;
  const set = { tenant, source, run, definitionDigest, report: held, listingComplete, documents };
  const result = await holdSet(deps.db, set);
  await deps.approvals.supersede(references(input, result.superseded));
  if (result.state === 'rejected') return { allowed: [], report: { kept: kept(held, result) } };
  await deps.approvals.ask(question(held, input, definition));
  return { allowed: [], report: { held } };
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

async function release(
  input: ReconcileDocumentsInput,
  { db, approvals }: CollectionDependencies,
): Promise<void> {
  const { tenant, source, runId: run } = input;
  await approvals.supersede(references(input, await releaseSets(db, { tenant, source, run })));
}

function references(
  { tenant, source }: ReconcileDocumentsInput,
  digests: readonly string[],
): { tenant: string; source: string; digest: string }[] {
  return digests.map((digest) => ({ tenant, source, digest }));
}

function holdBack(
  { candidates, live }: Candidates,
  definition: SourceDefinition,
): HeldReport | undefined {
  const { maxDeletedShare } = definition.limits;
  const reason = refuseDeletion({ candidates: candidates.length, live, maxDeletedShare });
  if (!reason) return undefined;
  const digest = digestOf(candidates);
  const answers = `"npm run cli -- approve ${shortDigest(digest)}" deletes them, "reject" keeps them.`;
  return {
    failure: candidates.length >= live ? 'EmptyResult' : 'ContentShrank',
    reason: `${reason} ${answers}`,
    digest,
    candidates: candidates.length,
    live,
    sample: candidates.slice(0, SAMPLE).map((one) => (one.title ?? one.docId).slice(0, 100)),
  };
}

/** The same for the same documents, whichever run finds them missing. They are sorted. */
function digestOf(candidates: readonly Candidate[]): string {
  return sha256(candidates.map((one) => one.hash).join('\n'));
}

function question(
  held: HeldReport,
  { tenant, source, runId: run, digest: definitionDigest }: ReconcileDocumentsInput,
  { title, knowledgeBase }: SourceDefinition,
): DecideHeldInput {
  const { reason, digest, candidates, live, sample } = held;
  const { id, knowledgeBaseId, dataSourceId, sync } = knowledgeBase;
  return {
    v: 1,
    tenant,
    source,
    digest,
    title: title.slice(0, 200),
    run,
    definitionDigest,
    evidenceDigest: sha256(JSON.stringify([reason, sample])),
    held: { reason, candidates, live, sample },
    knowledgeBase: { id, knowledgeBaseId, dataSourceId, ...sync },
  };
}

function kept(
  { candidates, digest }: Pick<HeldReport, 'candidates' | 'digest'>,
  { decidedBy, decidedAt }: Pick<HoldResult, 'decidedBy' | 'decidedAt'>,
): string {
  const who = decidedBy ?? 'somebody';
  const when = decidedAt ? ` on ${timeText(decidedAt.getTime())}` : '';
  const what = candidates === 1 ? 'deletion was' : 'deletions were';
  return `${candidates} ${what} rejected by "${who}"${when} (set ${shortDigest(digest)}) and kept`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
