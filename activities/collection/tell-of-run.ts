import type { Database } from '../../adapters/postgres/database.ts';
import { closeNotices, noteNotice } from '../../adapters/postgres/notices.ts';
import type { FinishRunInput } from '../../workflows/collection/activities.ts';
import {
  effectOf,
  type EndedRunFacts,
  type HealthPause,
  type SourceHealth,
} from '../../workflows/collection/run-health.ts';
import { FAILURES, type FailureName } from '../../workflows/failures.ts';
import type { NewNotice } from '../../workflows/notices/notice.ts';

/** A failure that passes by itself is worth a message when it comes again. */
const REPEATED_RUNS = 2;

interface Told {
  readonly facts: EndedRunFacts;
  /** The health of the source after the run. */
  readonly after: SourceHealth;
  /** An incident tells of it. */
  readonly told: boolean;
}

/** Notes what people should know of an ended run, once a fingerprint, and closes what a run with progress has cured. */
export async function tellOfRun(
  db: Database,
  run: FinishRunInput,
  { facts, after, told }: Told,
): Promise<void> {
  const notice = noticeOf(run, facts, after);
  const isNews = !told || notice?.kind === 'source-paused';
  if (notice && isNews) await noteNotice(db, notice);
  else if (!notice && facts.verdict.status !== 'failed' && after.idleRuns === 0)
    await cured(db, run);
  await closeHolds(db, run, facts);
}

function noticeOf(
  run: FinishRunInput,
  facts: EndedRunFacts,
  after: SourceHealth,
): NewNotice | undefined {
  const { tenant, source, runId, verdict } = run;
  const common = { tenant, source, run: runId, since: new Date() };
  if (after.pause) return { ...common, ...pausedNotice(source, after.pause) };
  const { failure, because, status } = verdict;
  if (status === 'held') return { ...common, ...heldNotice(run) };
  if (status !== 'failed' || !failure || !isWorthTelling(facts, after)) return undefined;
  const isPlatform = facts.platform || FAILURES[failure].fault === 'platform';
  return {
    ...common,
    kind: isPlatform ? 'platform-failed' : 'run-failed',
    severity: 'warning',
    subject: failure,
    what: `Source "${source}" could not be collected. ${failureText(failure, because)}`,
    command: `npm run cli -- run show ${runId}`,
  };
}

/** The same reason is told once, whichever documents it is about: each question to people has a notice of its own. */
function heldNotice({
  source,
  runId,
  verdict: { failure, because },
}: FinishRunInput): Pick<NewNotice, 'kind' | 'subject' | 'what' | 'command'> {
  const name = failure === undefined ? '' : `${failure}: `;
  return {
    kind: 'run-held',
    subject: failure ?? '',
    what: `A run of source "${source}" is held, and nothing is deleted. ${name}${because}`,
    command: `npm run cli -- run show ${runId}`,
  };
}

function pausedNotice(
  source: string,
  { by, failure, reason }: HealthPause,
): Pick<NewNotice, 'kind' | 'subject' | 'what' | 'command'> {
  return {
    kind: 'source-paused',
    subject: `${by}:${failure}`,
    what: `Source "${source}" is paused. ${failureText(failure, reason)}`,
    command: `npm run cli -- resume ${source}`,
  };
}

function failureText(failure: FailureName, because: string): string {
  return `${failure}: ${because} ${FAILURES[failure].remedy}`;
}

function isWorthTelling(facts: EndedRunFacts, { idleRuns }: SourceHealth): boolean {
  const effect = effectOf(facts);
  if (effect === 'retry') return idleRuns >= REPEATED_RUNS;
  return effect !== 'wait' && effect !== 'none';
}

async function cured(db: Database, { tenant, source, runId }: FinishRunInput): Promise<void> {
  const kinds = ['source-paused', 'run-failed', 'platform-failed'] as const;
  await closeNotices(db, { tenant, source, kinds, because: `run "${runId}" made progress` });
}

/** A run held for another reason is another notice. One that confirms the source ends them, and with them its being late. */
async function closeHolds(
  db: Database,
  { tenant, source, runId, verdict }: FinishRunInput,
  { listingComplete }: EndedRunFacts,
): Promise<void> {
  const { status, failure } = verdict;
  const because = `run "${runId}" ended ${status}`;
  const about = { tenant, source, because };
  if (status === 'held')
    await closeNotices(db, { ...about, kinds: ['run-held'], exceptSubject: failure ?? '' });
  if ((status === 'succeeded' || status === 'partial') && listingComplete !== false)
    await closeNotices(db, {
      ...about,
      kinds: ['run-held', 'freshness-breached', 'incident-closed', 'repair-alert'],
    });
}
