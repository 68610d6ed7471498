import { z } from 'zod';
import { ClientToken, findReplayed, fingerprintOf } from './client-tokens.ts';
import { pageOf } from './paging.ts';
import {
  ACCOUNT_ID,
  createId,
  DEFAULT_PAGE_SIZE,
  Description,
  findKnowledgeBase,
  Name,
  PageRequest,
  readBody,
  requireActive,
  statusOfKnowledgeBase,
  toTime,
  type ApiRequest,
  type Service,
} from './service.ts';
import { conflict, validation } from './service-error.ts';
import type { KnowledgeBaseRecord } from './state.ts';

export function createKnowledgeBase(service: Service, { body }: ApiRequest): object {
  const { clientToken, ...request } = readBody(CreateRequest, body);
  const { knowledgeBases } = service.state;
  const fingerprint = fingerprintOf('CreateKnowledgeBase', request);
  const token = clientToken === undefined ? {} : { clientToken };
  const known = findReplayed(knowledgeBases.all(), { ...token, fingerprint }, service.timing);
  if (known) return { knowledgeBase: described(service, known) };

  requireFreeName(service, request.name);
  const now = service.timing.clock.now();
  const record = knowledgeBases.put({
    ...token,
    ...settingsOf(request),
    id: createId(),
    tags: request.tags ?? {},
    fingerprint,
    createdAt: now,
    updatedAt: now,
    readyAt: now + service.timing.creatingMs,
  });
  return { knowledgeBase: described(service, record) };
}

export function listKnowledgeBases(service: Service, { body }: ApiRequest): object {
  const { maxResults, nextToken } = readBody(z.object(PageRequest), body);
  const all = service.state.knowledgeBases.all().toSorted((a, b) => b.updatedAt - a.updatedAt);
  const page = pageOf(all, maxResults ?? DEFAULT_PAGE_SIZE, nextToken, 'knowledge-bases');
  const summaries = page.items.map((record) => {
    const { knowledgeBaseId, name, description, status, updatedAt } = described(service, record);
    return { knowledgeBaseId, name, description, status, updatedAt };
  });
  return { knowledgeBaseSummaries: summaries, nextToken: page.nextToken };
}

export function getKnowledgeBase(service: Service, request: ApiRequest): object {
  return { knowledgeBase: described(service, findKnowledgeBase(service, request)) };
}

/** Overwrites everything, as Bedrock does: a description that is left out is gone. */
export function updateKnowledgeBase(service: Service, request: ApiRequest): object {
  const record = findKnowledgeBase(service, request);
  const settings = settingsOf(readBody(UpdateRequest, request.body));
  const now = service.timing.clock.now();
  requireActive(record, now);
  requireSameFoundation(record, settings);
  if (settings.name !== record.name) requireFreeName(service, settings.name);
  const { description: _, ...kept } = record;
  const updated = service.state.knowledgeBases.put({
    ...kept,
    ...settings,
    updatedAt: now,
    readyAt: now + service.timing.creatingMs,
  });
  return { knowledgeBase: described(service, updated) };
}

export function deleteKnowledgeBase(service: Service, request: ApiRequest): object {
  const record = findKnowledgeBase(service, request);
  const dataSources = service.state.dataSources.all();
  if (dataSources.some(({ knowledgeBaseId }) => knowledgeBaseId === record.id)) {
    throw conflict(`Knowledge base "${record.id}" still has data sources. Delete them first.`);
  }
  const goneAt = record.goneAt ?? service.timing.clock.now() + service.timing.deletingMs;
  service.state.knowledgeBases.put({ ...record, goneAt });
  return { knowledgeBaseId: record.id, status: 'DELETING' };
}

export function arnOf(service: Service, knowledgeBaseId: string): string {
  return `arn:aws:bedrock:${service.region}:${ACCOUNT_ID}:knowledge-base/${knowledgeBaseId}`;
}

const VectorConfiguration = z.looseObject({
  type: z.literal('VECTOR'),
  vectorKnowledgeBaseConfiguration: z.looseObject({ embeddingModelArn: z.string().min(20) }),
});

const ManagedConfiguration = z.looseObject({
  type: z.literal('MANAGED'),
  managedKnowledgeBaseConfiguration: z.looseObject({}),
});

const StorageConfiguration = z.looseObject({
  type: z.enum([
    'S3_VECTORS',
    'OPENSEARCH_SERVERLESS',
    'OPENSEARCH_MANAGED_CLUSTER',
    'RDS',
    'PINECONE',
    'REDIS_ENTERPRISE_CLOUD',
    'MONGO_DB_ATLAS',
    'NEPTUNE_ANALYTICS',
  ]),
});

const UpdateRequest = z.object({
  name: Name,
  description: z.exactOptional(Description),
  roleArn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/),
  knowledgeBaseConfiguration: z.discriminatedUnion(
    'type',
    [VectorConfiguration, ManagedConfiguration],
    'the embedded server has the types VECTOR and MANAGED',
  ),
  storageConfiguration: z.exactOptional(StorageConfiguration),
});

const CreateRequest = UpdateRequest.extend({
  clientToken: z.exactOptional(ClientToken),
  tags: z.exactOptional(z.record(z.string(), z.string())),
});

type Settings = Pick<
  KnowledgeBaseRecord,
  'name' | 'description' | 'roleArn' | 'kind' | 'storageType' | 'configuration' | 'storage'
>;

function settingsOf(request: z.infer<typeof UpdateRequest>): Settings {
  const { name, description, roleArn, knowledgeBaseConfiguration, storageConfiguration } = request;
  const kind = knowledgeBaseConfiguration.type;
  if ((kind === 'VECTOR') !== (storageConfiguration !== undefined)) {
    throw validation('storageConfiguration belongs to VECTOR knowledge bases, and each needs one.');
  }
  return {
    name,
    ...(description === undefined ? {} : { description }),
    roleArn,
    kind,
    configuration: knowledgeBaseConfiguration,
    ...(storageConfiguration
      ? { storageType: storageConfiguration.type, storage: storageConfiguration }
      : {}),
  };
}

/** A new embedding model or store is a new knowledge base. */
function requireSameFoundation(record: KnowledgeBaseRecord, settings: Settings): void {
  const same =
    JSON.stringify([record.configuration, record.storage]) ===
    JSON.stringify([settings.configuration, settings.storage]);
  if (!same) throw validation('Embedding model and storage of a knowledge base cannot change.');
}

function requireFreeName(service: Service, name: string): void {
  if (service.state.knowledgeBases.all().some((record) => record.name === name)) {
    throw conflict(`A knowledge base named "${name}" already exists.`);
  }
}

function described(service: Service, record: KnowledgeBaseRecord) {
  return {
    knowledgeBaseId: record.id,
    name: record.name,
    knowledgeBaseArn: arnOf(service, record.id),
    description: record.description,
    roleArn: record.roleArn,
    knowledgeBaseConfiguration: record.configuration,
    storageConfiguration: record.storage,
    status: statusOfKnowledgeBase(record, service.timing.clock.now()),
    createdAt: toTime(record.createdAt),
    updatedAt: toTime(record.updatedAt),
  };
}
