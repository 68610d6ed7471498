import { z } from 'zod';
import { findReplayed, fingerprintOf } from './client-tokens.ts';
import { readDataSourceRequest } from './data-source-request.ts';
import { pageOf } from './paging.ts';
import {
  createId,
  DEFAULT_PAGE_SIZE,
  findDataSource,
  findKnowledgeBase,
  PageRequest,
  readBody,
  requireActive,
  toTime,
  type ApiRequest,
  type Service,
} from './service.ts';
import { conflict, validation } from './service-error.ts';
import { isRunning, type DataSourceRecord } from './state.ts';

export function createDataSource(service: Service, request: ApiRequest): object {
  const knowledgeBase = findKnowledgeBase(service, request);
  const { clientToken, settings } = readDataSourceRequest(request.body, knowledgeBase);
  const { dataSources } = service.state;
  const fingerprint = fingerprintOf(`CreateDataSource ${knowledgeBase.id}`, settings);
  const token = clientToken === undefined ? {} : { clientToken };
  const known = findReplayed(dataSources.all(), { ...token, fingerprint }, service.timing);
  if (known) return { dataSource: described(known) };

  const now = service.timing.clock.now();
  requireActive(knowledgeBase, now);
  requireFreeName(service, knowledgeBase.id, settings.name);
  const record = dataSources.put({
    ...token,
    ...settings,
    id: createId(),
    knowledgeBaseId: knowledgeBase.id,
    fingerprint,
    createdAt: now,
    updatedAt: now,
  });
  return { dataSource: described(record) };
}

export function listDataSources(service: Service, request: ApiRequest): object {
  const { id } = findKnowledgeBase(service, request);
  const { maxResults, nextToken } = readBody(z.object(PageRequest), request.body);
  const own = service.state.dataSources.all().filter((record) => record.knowledgeBaseId === id);
  const page = pageOf(own, maxResults ?? DEFAULT_PAGE_SIZE, nextToken, ['data-sources', id]);
  const summaries = page.items.map((record) => {
    const { knowledgeBaseId, dataSourceId, name, status, description, updatedAt } =
      described(record);
    return { knowledgeBaseId, dataSourceId, name, status, description, updatedAt };
  });
  return { dataSourceSummaries: summaries, nextToken: page.nextToken };
}

export function getDataSource(service: Service, request: ApiRequest): object {
  return { dataSource: described(findDataSource(service, request)) };
}

export function updateDataSource(service: Service, request: ApiRequest): object {
  const record = findDataSource(service, request);
  const { settings } = readDataSourceRequest(request.body, findKnowledgeBase(service, request));
  requireIdle(service, record);
  if (JSON.stringify(settings.chunking) !== JSON.stringify(record.chunking)) {
    throw validation('The chunking of a data source cannot change. Create another data source.');
  }
  if (settings.name !== record.name) {
    requireFreeName(service, record.knowledgeBaseId, settings.name);
  }
  const { description: _, ...kept } = record;
  const updatedAt = service.timing.clock.now();
  return {
    dataSource: described(service.state.dataSources.put({ ...kept, ...settings, updatedAt })),
  };
}

export function deleteDataSource(service: Service, request: ApiRequest): object {
  const record = findDataSource(service, request);
  requireIdle(service, record);
  const goneAt = record.goneAt ?? service.timing.clock.now() + service.timing.deletingMs;
  service.state.dataSources.put({ ...record, goneAt });
  return { knowledgeBaseId: record.knowledgeBaseId, dataSourceId: record.id, status: 'DELETING' };
}

function requireIdle(service: Service, { id }: DataSourceRecord): void {
  const jobs = service.state.jobs.all();
  if (jobs.some((job) => job.dataSourceId === id && isRunning(job))) {
    throw conflict(`An ingestion job of data source "${id}" is running. Stop it first.`);
  }
}

function requireFreeName(service: Service, knowledgeBaseId: string, name: string): void {
  const taken = service.state.dataSources
    .all()
    .some((record) => record.knowledgeBaseId === knowledgeBaseId && record.name === name);
  if (taken) throw conflict(`A data source named "${name}" already exists.`);
}

function described(record: DataSourceRecord) {
  return {
    knowledgeBaseId: record.knowledgeBaseId,
    dataSourceId: record.id,
    name: record.name,
    status: record.goneAt === undefined ? 'AVAILABLE' : 'DELETING',
    description: record.description,
    dataSourceConfiguration: record.configuration,
    vectorIngestionConfiguration: record.ingestionConfiguration,
    dataDeletionPolicy: record.deletionPolicy,
    createdAt: toTime(record.createdAt),
    updatedAt: toTime(record.updatedAt),
  };
}
