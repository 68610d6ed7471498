import { z } from 'zod';
import { arnOf } from './knowledge-bases.ts';
import { readBody, type ApiRequest, type Service } from './service.ts';
import { notFound, validation } from './service-error.ts';
import type { KnowledgeBaseRecord } from './state.ts';

export function tagResource(service: Service, request: ApiRequest): object {
  const record = findTagged(service, request);
  const { tags } = readBody(TagRequest, request.body);
  const merged = { ...record.tags, ...tags };
  if (Object.keys(merged).length > MAX_TAGS) throw validation('A resource has at most 50 tags.');
  service.state.knowledgeBases.put({ ...record, tags: merged });
  return {};
}

export function listTagsForResource(service: Service, request: ApiRequest): object {
  return { tags: findTagged(service, request).tags };
}

export function untagResource(service: Service, request: ApiRequest): object {
  const record = findTagged(service, request);
  const removed = new Set(request.query.getAll('tagKeys'));
  const kept = Object.entries(record.tags).filter(([key]) => !removed.has(key));
  service.state.knowledgeBases.put({ ...record, tags: Object.fromEntries(kept) });
  return {};
}

const MAX_TAGS = 50;
const TagRequest = z.object({ tags: z.record(z.string().min(1).max(128), z.string().max(256)) });

/** Of the resources that are served, only knowledge bases carry tags. */
function findTagged(service: Service, { labels }: ApiRequest): KnowledgeBaseRecord {
  const arn = labels['resourceArn'] ?? '';
  const found = service.state.knowledgeBases.all().find(({ id }) => arnOf(service, id) === arn);
  if (!found) throw notFound(`Resource "${arn}" does not exist.`);
  return found;
}
