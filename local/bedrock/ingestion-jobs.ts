import { z } from 'zod';
import { ClientToken, findReplayed, fingerprintOf } from './client-tokens.ts';
import { NO_STATISTICS } from './collect-documents.ts';
import { pageOf } from './paging.ts';
import {
  createId,
  DEFAULT_PAGE_SIZE,
  Description,
  findDataSource,
  findOpenDataSource,
  PageRequest,
  readBody,
  toTime,
  type ApiRequest,
  type Service,
} from './service.ts';
import { conflict, notFound } from './service-error.ts';
import { isRunning, type DataSourceRecord, type JobRecord } from './state.ts';

export function startIngestionJob(service: Service, request: ApiRequest): object {
  const { clientToken, description } = readBody(StartRequest, request.body);
  const dataSource = findOpenDataSource(service, request);
  const { state, timing, jobs } = service;
  const fingerprint = fingerprintOf(`StartIngestionJob ${dataSource.id}`, { description });
  const token = clientToken === undefined ? {} : { clientToken };
  const known = findReplayed(state.jobs.all(), { ...token, fingerprint }, timing);
  if (known) return { ingestionJob: described(known) };

  requireFreeSlot(state.jobs.all().filter(isRunning), dataSource);
  const now = timing.clock.now();
  const job = state.jobs.put({
    ...token,
    ...(description === undefined ? {} : { description }),
    id: createId(),
    knowledgeBaseId: dataSource.knowledgeBaseId,
    dataSourceId: dataSource.id,
    status: 'STARTING',
    statistics: NO_STATISTICS,
    failureReasons: [],
    fingerprint,
    createdAt: now,
    updatedAt: now,
  });
  jobs.run(job);
  forgetOldJobs(service, dataSource);
  return { ingestionJob: described(job) };
}

export function listIngestionJobs(service: Service, request: ApiRequest): object {
  const { id } = findDataSource(service, request);
  const { maxResults, nextToken, filters, sortBy } = readBody(ListRequest, request.body);
  const statuses = filters?.[0]?.values;
  const jobs = service.state.jobs
    .all()
    .filter((job) => job.dataSourceId === id && (statuses?.includes(job.status) ?? true))
    .toSorted(comparison(sortBy));
  const question = ['jobs', id, filters, sortBy];
  const page = pageOf(jobs, maxResults ?? DEFAULT_PAGE_SIZE, nextToken, question);
  const summaries = page.items.map((job) => {
    const { failureReasons: _, ...summary } = described(job);
    return summary;
  });
  return { ingestionJobSummaries: summaries, nextToken: page.nextToken };
}

export function getIngestionJob(service: Service, request: ApiRequest): object {
  return { ingestionJob: described(findJob(service, request)) };
}

export function stopIngestionJob(service: Service, request: ApiRequest): object {
  const job = findJob(service, request);
  if (job.status !== 'STARTING' && job.status !== 'IN_PROGRESS') {
    throw conflict(`Ingestion job "${job.id}" is ${job.status} and cannot be stopped.`);
  }
  return { ingestionJob: described(service.jobs.stop(job)) };
}

/** Bedrock's quota of jobs at once in one account. */
const MAX_RUNNING_JOBS = 5;

/** Of one data source, so that a laptop that runs for months does not fill its folder. */
const MAX_KEPT_JOBS = 500;

const StartRequest = z.object({
  clientToken: z.exactOptional(ClientToken),
  description: z.exactOptional(Description),
});

const ListRequest = z.object({
  ...PageRequest,
  filters: z.exactOptional(
    z
      .array(
        z.object({
          attribute: z.literal('STATUS'),
          operator: z.literal('EQ'),
          values: z.array(z.string()).min(1).max(10),
        }),
      )
      .length(1),
  ),
  sortBy: z.exactOptional(
    z.object({
      attribute: z.enum(['STATUS', 'STARTED_AT']),
      order: z.enum(['ASCENDING', 'DESCENDING']),
    }),
  ),
});

function requireFreeSlot(running: readonly JobRecord[], dataSource: DataSourceRecord): void {
  if (running.some((job) => job.dataSourceId === dataSource.id)) {
    throw conflict(`An ingestion job of data source "${dataSource.id}" is already running.`);
  }
  if (running.some((job) => job.knowledgeBaseId === dataSource.knowledgeBaseId)) {
    throw conflict(
      `An ingestion job of knowledge base "${dataSource.knowledgeBaseId}" is already running.`,
    );
  }
  if (running.length >= MAX_RUNNING_JOBS) {
    throw conflict(`${running.length} ingestion jobs of the account are running; 5 are allowed.`);
  }
}

function forgetOldJobs({ state }: Service, { id }: DataSourceRecord): void {
  const finished = state.jobs.all().filter((job) => job.dataSourceId === id && !isRunning(job));
  const old = finished.toSorted((a, b) => b.createdAt - a.createdAt).slice(MAX_KEPT_JOBS);
  for (const job of old) state.jobs.remove(job.id);
}

function findJob(service: Service, request: ApiRequest): JobRecord {
  const dataSource = findDataSource(service, request);
  const id = request.labels['ingestionJobId'] ?? '';
  const job = service.state.jobs.get(id);
  if (job?.dataSourceId !== dataSource.id) {
    throw notFound(`Ingestion job "${id}" does not exist in data source "${dataSource.id}".`);
  }
  return job;
}

type SortBy = z.infer<typeof ListRequest>['sortBy'];

function comparison(sortBy: SortBy): (a: JobRecord, b: JobRecord) => number {
  const sign = sortBy?.order === 'ASCENDING' ? 1 : -1;
  return sortBy?.attribute === 'STATUS'
    ? (a, b) => sign * a.status.localeCompare(b.status)
    : (a, b) => sign * (a.createdAt - b.createdAt);
}

function described(job: JobRecord) {
  return {
    knowledgeBaseId: job.knowledgeBaseId,
    dataSourceId: job.dataSourceId,
    ingestionJobId: job.id,
    description: job.description,
    status: job.status,
    statistics: job.statistics,
    failureReasons: job.failureReasons.length > 0 ? job.failureReasons : undefined,
    startedAt: toTime(job.createdAt),
    updatedAt: toTime(job.updatedAt),
  };
}
