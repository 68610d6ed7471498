import {
  GetIngestionJobCommand,
  ListIngestionJobsCommand,
  StartIngestionJobCommand,
  StopIngestionJobCommand,
  type BedrockAgentClient,
  type IngestionJob,
  type IngestionJobStatistics,
  type IngestionJobSummary,
} from '@aws-sdk/client-bedrock-agent';
import { ApplicationFailure } from '@temporalio/common';
import { callAws } from './errors.ts';

/** Which documents: a data source is the one prefix that its knowledge base scans. */
export interface DataSourceRef {
  readonly knowledgeBaseId: string;
  readonly dataSourceId: string;
}

/** A data source, and what cancels the call. */
export interface DataSourceCall extends DataSourceRef {
  readonly signal: AbortSignal;
}

type IngestionStatus = 'STARTING' | 'IN_PROGRESS' | 'COMPLETE' | 'FAILED' | 'STOPPING' | 'STOPPED';

export interface Ingestion {
  readonly jobId: string;
  readonly status: IngestionStatus;
  /** What the job was started with; carries the marker of the request. */
  readonly description?: string;
  readonly statistics: IngestionStatistics;
  /** Why the job as a whole failed. Empty in a list, whatever happened. */
  readonly failureReasons: readonly string[];
  /** ISO 8601, UTC. */
  readonly startedAt?: string;
}

/** Counts of documents, but for the two of sidecars. COMPLETE with `failed` above 0 is no success. */
interface IngestionStatistics {
  readonly scanned: number;
  readonly sidecarsScanned: number;
  readonly added: number;
  readonly modified: number;
  readonly sidecarsModified: number;
  readonly deleted: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface KnowledgeIngestions {
  /**
   * Starts a job over the whole prefix. Idempotent by `clientToken` (33 to 256 characters, letters, digits, dashes) for
   * a few minutes only: before a later repetition look for a job with the request's marker.
   * @throws Conflict - a job of the knowledge base is running already. Adopt it or wait.
   */
  startIngestion(
    request: DataSourceCall & { readonly clientToken: string; readonly description: string },
  ): Promise<Ingestion>;
  /** The newest first, at most `limit` (1 to 1000, default 20). */
  listIngestions(request: DataSourceCall & { readonly limit?: number }): Promise<Ingestion[]>;
  /** The job of this data source that is not finished, whoever started it. */
  findRunningIngestion(request: DataSourceCall): Promise<Ingestion | undefined>;
  /** The newest job whose description contains `marker`, running or finished. */
  findMarkedIngestion(
    request: DataSourceCall & { readonly marker: string },
  ): Promise<Ingestion | undefined>;
  getIngestion(request: DataSourceCall & { readonly jobId: string }): Promise<Ingestion>;
  /** Asks the job to stop and returns its state. One that is finished already is left as it is. */
  stopIngestion(request: DataSourceCall & { readonly jobId: string }): Promise<Ingestion>;
}

export function knowledgeIngestions(agent: BedrockAgentClient): KnowledgeIngestions {
  async function listIngestions({
    signal,
    limit = DEFAULT_LIMIT,
    ...request
  }: DataSourceCall & { readonly limit?: number }): Promise<Ingestion[]> {
    const command = new ListIngestionJobsCommand({
      ...refOf(request),
      sortBy: { attribute: 'STARTED_AT', order: 'DESCENDING' },
      maxResults: limit,
    });
    const { ingestionJobSummaries = [] } = await callAws(
      contextOf('ListIngestionJobs', request),
      signal,
      () => agent.send(command, { abortSignal: signal }),
    );
    return ingestionJobSummaries.map((summary) => toIngestion(summary));
  }

  async function getIngestion({
    signal,
    jobId,
    ...request
  }: DataSourceCall & { readonly jobId: string }): Promise<Ingestion> {
    const command = new GetIngestionJobCommand({ ...refOf(request), ingestionJobId: jobId });
    const { ingestionJob } = await callAws(contextOf('GetIngestionJob', request), signal, () =>
      agent.send(command, { abortSignal: signal }),
    );
    return toIngestion(ingestionJob);
  }

  return {
    async startIngestion({ signal, clientToken, description, ...request }) {
      const command = new StartIngestionJobCommand({
        ...refOf(request),
        clientToken,
        description,
      });
      const { ingestionJob } = await callAws(contextOf('StartIngestionJob', request), signal, () =>
        agent.send(command, { abortSignal: signal }),
      );
      return toIngestion(ingestionJob);
    },
    listIngestions,
    async findRunningIngestion(request) {
      const newest = await listIngestions(request);
      return newest.find(({ status }) => RUNNING.has(status));
    },
    async findMarkedIngestion({ marker, ...request }) {
      const newest = await listIngestions(request);
      return newest.find(({ description }) => description?.includes(marker));
    },
    getIngestion,
    async stopIngestion({ signal, jobId, ...request }) {
      const command = new StopIngestionJobCommand({ ...refOf(request), ingestionJobId: jobId });
      try {
        await callAws(contextOf('StopIngestionJob', request), signal, () =>
          agent.send(command, { abortSignal: signal }),
        );
      } catch (error) {
        // Nothing to stop: finished, or stopped before.
        if (!(error instanceof ApplicationFailure && error.type === 'Conflict')) throw error;
      }
      return getIngestion({ ...request, signal, jobId });
    },
  };
}

/** The operation and the data source, for the sentence of a failure. */
export function contextOf(operation: string, { knowledgeBaseId, dataSourceId }: DataSourceRef) {
  return {
    operation: `bedrock:${operation}`,
    resource: `data source "${dataSourceId}" of knowledge base "${knowledgeBaseId}"`,
  };
}

/** The ids alone, as the members of a request. */
export function refOf({ knowledgeBaseId, dataSourceId }: DataSourceRef): DataSourceRef {
  return { knowledgeBaseId, dataSourceId };
}

/** One job runs at a time and the newest come first, so a running one is always among these. */
const DEFAULT_LIMIT = 20;

const RUNNING: ReadonlySet<IngestionStatus> = new Set(['STARTING', 'IN_PROGRESS', 'STOPPING']);

function toIngestion(job: IngestionJob | IngestionJobSummary | undefined): Ingestion {
  const failureReasons = job && 'failureReasons' in job ? (job.failureReasons ?? []) : [];
  return {
    jobId: job?.ingestionJobId ?? '',
    status: job?.status ?? 'STARTING',
    ...(job?.description === undefined ? {} : { description: job.description }),
    statistics: toStatistics(job?.statistics),
    failureReasons,
    ...(job?.startedAt ? { startedAt: job.startedAt.toISOString() } : {}),
  };
}

/** Each count is optional on the wire; a missing one is 0. */
function toStatistics(counts: IngestionJobStatistics = {}): IngestionStatistics {
  return {
    scanned: counts.numberOfDocumentsScanned ?? 0,
    sidecarsScanned: counts.numberOfMetadataDocumentsScanned ?? 0,
    added: counts.numberOfNewDocumentsIndexed ?? 0,
    modified: counts.numberOfModifiedDocumentsIndexed ?? 0,
    sidecarsModified: counts.numberOfMetadataDocumentsModified ?? 0,
    deleted: counts.numberOfDocumentsDeleted ?? 0,
    failed: counts.numberOfDocumentsFailed ?? 0,
    skipped: counts.numberOfDocumentsSkipped ?? 0,
  };
}
