import { closeNotices } from '../../adapters/postgres/notices.ts';
import type { RecordIngestionInput } from '../../workflows/collection/activities.ts';
import { DEFAULT_TENANT, syncWorkflowId } from '../../workflows/collection/ids.ts';
import type { NoticeDependencies } from '../notices/dependencies.ts';
import { tell } from '../notices/tell.ts';

/** A knowledge base that does not take what was collected answers with old passages: people are told once, until a job is whole again. */
export async function tellOfSync(
  input: RecordIngestionInput,
  deps: Pick<NoticeDependencies, 'db' | 'wakeTeller'>,
): Promise<void> {
  const { knowledgeBaseId, dataSourceId, report } = input;
  const subject = syncWorkflowId(knowledgeBaseId, dataSourceId);
  const problem = problemOf(input);
  if (problem === undefined) {
    const because = `job "${report.jobId}" took everything`;
    const about = { tenant: DEFAULT_TENANT, source: null, subject, because };
    await closeNotices(deps.db, { ...about, kinds: ['platform-failed'] });
    return;
  }
  await tell(
    [
      {
        kind: 'platform-failed',
        tenant: DEFAULT_TENANT,
        subject,
        what: `${problem} ${NEXT[input.report.status === 'COMPLETE' ? 'refused' : 'failed']}`,
        command: `npm run temporal -- workflow show --workflow-id ${subject}`,
        since: new Date(report.startedAt),
      },
    ],
    deps,
  );
}

const NEXT = {
  failed: 'The changes stay in S3, and the next job tries them again.',
  refused:
    'The next two syncs try them again; "npm run cli -- doctor" lists them, and "reindex" lets them try at once.',
} as const;

function problemOf({ id, report }: RecordIngestionInput): string | undefined {
  const { jobId, status, failureMessage, failedDocuments, statistics } = report;
  if (status !== 'COMPLETE') {
    const why = failureMessage === undefined ? '' : ` It says "${clause(failureMessage)}".`;
    return `Knowledge base "${id}" was not brought up to date: IngestionFailed, job "${jobId}" ended ${status}.${why}`;
  }
  const [first] = failedDocuments;
  if (!first) return undefined;
  const count = statistics['failed'] ?? failedDocuments.length;
  return `Knowledge base "${id}" refused ${count} ${count === 1 ? 'document' : 'documents'}: IngestionFailed, the first is "${first.uri}", because "${clause(first.reason)}".`;
}

/** Within a sentence of ours. */
function clause(text: string): string {
  return text.replace(/\.$/, '');
}
