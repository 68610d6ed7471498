import { createHash } from 'node:crypto';
import {
  holdSet,
  releaseSets,
  type HeldMember,
  type HoldResult,
} from '../../adapters/postgres/held-sets.ts';
import { closeNotices } from '../../adapters/postgres/notices.ts';
import type { QuestionKind } from '../../workflows/approval/activities.ts';
import type { DecideHeldInput } from '../../workflows/approval/held-input.ts';
import { shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import { timeText } from '../../workflows/approval/words.ts';
import type { RunReference } from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { HeldReport } from '../../workflows/collection/run-status.ts';
import { ASKING_NOTICES, type NewNotice } from '../../workflows/notices/notice.ts';
import { tell } from '../notices/tell.ts';
import type { CollectionDependencies } from './dependencies.ts';

export interface HeldMatter {
  readonly kind: QuestionKind;
  readonly report: HeldReport;
  readonly documents: readonly HeldMember[];
  readonly listingComplete: boolean;
  /** What an approval accepts, beside the sizes of the documents. */
  readonly baseline?: object;
}

/** Undefined while people are asked; else who has rejected just that, and when. */
export type Rejected = Pick<HoldResult, 'decidedBy' | 'decidedAt'> | undefined;

/**
 * Stores what a run holds and asks people about it, unless they have rejected just that. An older question of the kind is over.
 * Idempotent: a repeated attempt asks once.
 */
export async function askPeople(
  { kind, report, documents, listingComplete, baseline }: HeldMatter,
  input: RunReference,
  definition: SourceDefinition,
  deps: CollectionDependencies,
): Promise<Rejected> {
  const { tenant, source, runId: run, digest: definitionDigest } = input;
  const set = { tenant, source, kind, run, definitionDigest, report, listingComplete, documents };
  const result = await holdSet(deps.db, { ...set, ...(baseline ? { baseline } : {}) });
  await endOlder(result.superseded, input, deps);
  if (result.state === 'rejected') return result;
  await deps.approvals.ask(question(kind, report, input, definition));
  await tell([waitingNotice(report, input)], deps);
  return undefined;
}

/** Ends the open questions of these kinds: the source is well again. Idempotent. */
export async function endQuestions(
  kinds: readonly QuestionKind[],
  input: RunReference,
  deps: CollectionDependencies,
): Promise<void> {
  const { tenant, source, runId: run } = input;
  const over = await releaseSets(deps.db, { tenant, source, kinds, run });
  await endOlder(over, input, deps);
}

/** The commands that answer, in front of what they do. */
export function answers(digest: string, approving: string, rejecting: string): string {
  return `"npm run cli -- approve ${shortDigest(digest)}" ${approving}, "reject" ${rejecting}.`;
}

/** `by "ana" on 2026-11-20 14:02 UTC (set 4f2c9e1a)`. */
export function rejectedBy(
  { decidedBy, decidedAt }: NonNullable<Rejected>,
  digest: string,
): string {
  const when = decidedAt ? ` on ${timeText(decidedAt.getTime())}` : '';
  return `by "${decidedBy ?? 'somebody'}"${when} (set ${shortDigest(digest)})`;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Their workflows look whether they still stand; nobody is told of them any more, nor of a question that ran out of time before. */
async function endOlder(
  digests: readonly string[],
  input: RunReference,
  { db, approvals }: CollectionDependencies,
): Promise<void> {
  const { tenant, source, runId } = input;
  await approvals.supersede(references(input, digests));
  const because = `run "${runId}" shows another picture`;
  await closeNotices(db, { tenant, source, kinds: ['approval-expired'], because });
  for (const subject of digests)
    await closeNotices(db, { tenant, source, kinds: ASKING_NOTICES, subject, because });
}

function waitingNotice(
  { digest, reason }: HeldReport,
  { tenant, source, runId: run }: RunReference,
): NewNotice {
  return {
    kind: 'approval-waiting',
    tenant,
    source,
    run,
    subject: digest,
    what: `A question about source "${source}" waits for a person. ${reason}`,
    command: 'npm run cli -- approvals',
    since: new Date(),
  };
}

function references(
  { tenant, source }: RunReference,
  digests: readonly string[],
): { tenant: string; source: string; digest: string }[] {
  return digests.map((digest) => ({ tenant, source, digest }));
}

function question(
  kind: QuestionKind,
  { reason, digest, candidates, live, sample }: HeldReport,
  { tenant, source, runId: run, digest: definitionDigest }: RunReference,
  { title, knowledgeBase }: SourceDefinition,
): DecideHeldInput {
  const { id, knowledgeBaseId, dataSourceId, sync } = knowledgeBase;
  return {
    v: 1,
    kind,
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
