import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { ConverseModel } from './converse.ts';
import type { DirectIngestion } from './direct-ingestion.ts';
import type { FaultPlan } from './faults.ts';
import type { JobRunner } from './job-runner.ts';
import type { Library } from './library.ts';
import type { ObjectReader } from './objects.ts';
import { conflict, notFound, validation } from './service-error.ts';
import type { BedrockState, DataSourceRecord, KnowledgeBaseRecord } from './state.ts';
import type { Timing } from './timing.ts';

/** What background work needs. */
export interface Workshop {
  readonly state: BedrockState;
  readonly library: Library;
  readonly timing: Timing;
  readonly faults: FaultPlan;
  readonly objects: ObjectReader;
}

/** What an operation needs. */
export interface Service extends Workshop {
  readonly region: string;
  readonly jobs: JobRunner;
  readonly direct: DirectIngestion;
  readonly model: ConverseModel;
}

/** One request, its path and body already taken apart. */
export interface ApiRequest {
  readonly labels: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export type Operation = (service: Service, request: ApiRequest) => unknown;

/** The account that all resources of the embedded cloud belong to. */
export const ACCOUNT_ID = '000000000000';

/** @throws ValidationException - lists every member that is wrong, but not its value. */
export function readBody<T>(shape: z.ZodType<T>, body: unknown): T {
  const read = shape.safeParse(body ?? {});
  if (read.success) return read.data;
  const { issues } = read.error;
  const findings = issues.map(({ path, message }) => `"${path.join('.')}": ${message}`);
  throw validation(`${issues.length} members of the request are wrong. ${findings.join('; ')}.`);
}

/** @throws ResourceNotFoundException - it never existed, or its deletion is finished. */
export function findKnowledgeBase(service: Workshop, request: ApiRequest): KnowledgeBaseRecord {
  const id = request.labels['knowledgeBaseId'] ?? '';
  const found = service.state.knowledgeBases.get(id);
  if (!found) throw notFound(`Knowledge base "${id}" does not exist.`);
  return found;
}

/** @throws ResourceNotFoundException - the data source or its knowledge base does not exist. */
export function findDataSource(service: Workshop, request: ApiRequest): DataSourceRecord {
  const { id: knowledgeBaseId } = findKnowledgeBase(service, request);
  const id = request.labels['dataSourceId'] ?? '';
  const found = service.state.dataSources.get(id);
  if (found?.knowledgeBaseId !== knowledgeBaseId) {
    throw notFound(`Data source "${id}" does not exist in knowledge base "${knowledgeBaseId}".`);
  }
  return found;
}

/** The data source, if documents may be brought in now. @throws ConflictException - something is being made or deleted. */
export function findOpenDataSource(service: Workshop, request: ApiRequest): DataSourceRecord {
  requireActive(findKnowledgeBase(service, request), service.timing.clock.now());
  const dataSource = findDataSource(service, request);
  if (dataSource.goneAt !== undefined) {
    throw conflict(`Data source "${dataSource.id}" is being deleted.`);
  }
  return dataSource;
}

/** @throws ConflictException - the knowledge base is CREATING, UPDATING or DELETING. */
export function requireActive(record: KnowledgeBaseRecord, now: number): void {
  const status = statusOfKnowledgeBase(record, now);
  if (status !== 'ACTIVE') {
    throw conflict(`Knowledge base "${record.id}" is ${status}. Wait until it is ACTIVE.`);
  }
}

export function statusOfKnowledgeBase(record: KnowledgeBaseRecord, now: number): string {
  if (record.goneAt !== undefined) return 'DELETING';
  if (record.readyAt <= now) return 'ACTIVE';
  return record.createdAt === record.updatedAt ? 'CREATING' : 'UPDATING';
}

/** Ids of bedrock-agent: `[0-9a-zA-Z]{10}`, in capitals. */
export function createId(): string {
  return Array.from({ length: 10 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** bedrock-agent writes times as ISO-8601 strings; numbers make the client throw. */
export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** The members that many requests share. */
export const Name = z.string().regex(/^([0-9a-zA-Z][_-]?){1,100}$/);
export const Description = z.string().min(1).max(200);
export const PageRequest = {
  maxResults: z.exactOptional(z.int().min(1).max(1000)),
  nextToken: z.exactOptional(z.string()),
};
export const DEFAULT_PAGE_SIZE = 100;
