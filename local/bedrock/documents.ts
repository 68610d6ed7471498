import { z } from 'zod';
import { ClientToken } from './client-tokens.ts';
import { pageOf } from './paging.ts';
import { uriOf } from './read-document.ts';
import {
  DEFAULT_PAGE_SIZE,
  findDataSource,
  findOpenDataSource,
  PageRequest,
  readBody,
  toTime,
  type ApiRequest,
  type Service,
} from './service.ts';
import { validation } from './service-error.ts';
import type { StoredDocument } from './shelf.ts';
import type { DataSourceRecord } from './state.ts';

export function ingestDocuments(service: Service, request: ApiRequest): object {
  const dataSource = findOpenDataSource(service, request);
  const { documents } = readBody(IngestRequest, request.body);
  const uris = urisOf(
    documents.map(({ content }) => content.s3.s3Location.uri),
    dataSource,
  );
  return {
    documentDetails: uris.map((uri) =>
      detail(dataSource, uri, service.direct.ingest(dataSource, uri)),
    ),
  };
}

export function listDocuments(service: Service, request: ApiRequest): object {
  const dataSource = findDataSource(service, request);
  const { maxResults, nextToken } = readBody(z.object(PageRequest), request.body);
  const all = service.library.shelf(dataSource.knowledgeBaseId, dataSource.id).all();
  const question = ['documents', dataSource.id];
  const page = pageOf(all, maxResults ?? DEFAULT_PAGE_SIZE, nextToken, question);
  return {
    documentDetails: page.items.map((document) => detail(dataSource, document.uri, document)),
    nextToken: page.nextToken,
  };
}

export function getDocuments(service: Service, request: ApiRequest): object {
  const dataSource = findDataSource(service, request);
  const { documentIdentifiers } = readBody(IdentifiersRequest, request.body);
  const shelf = service.library.shelf(dataSource.knowledgeBaseId, dataSource.id);
  return {
    documentDetails: documentIdentifiers.map(({ s3: { uri } }) =>
      detail(dataSource, uri, shelf.get(uri)),
    ),
  };
}

export function deleteDocuments(service: Service, request: ApiRequest): object {
  const dataSource = findOpenDataSource(service, request);
  const { documentIdentifiers } = readBody(IdentifiersRequest, request.body);
  const uris = urisOf(
    documentIdentifiers.map(({ s3 }) => s3.uri),
    dataSource,
  );
  return {
    documentDetails: uris.map((uri) =>
      detail(dataSource, uri, service.direct.remove(dataSource, uri)),
    ),
  };
}

/** The documented most a call; one page of the documentation says 25. */
const MAX_DOCUMENTS = 10;

const S3Location = z.object({ uri: z.string().regex(/^s3:\/\/.{1,128}$/) });

const IngestRequest = z.object({
  clientToken: z.exactOptional(ClientToken),
  documents: z
    .array(
      z.object({
        content: z.object({
          dataSourceType: z.literal('S3', 'the data source is of type S3'),
          s3: z.object({ s3Location: S3Location }),
        }),
        metadata: z.exactOptional(
          z.never('an S3 data source takes no inline metadata, only a sidecar object'),
        ),
      }),
    )
    .min(1)
    .max(MAX_DOCUMENTS),
});

const IdentifiersRequest = z.object({
  clientToken: z.exactOptional(ClientToken),
  documentIdentifiers: z
    .array(
      z.object({
        dataSourceType: z.literal('S3', 'the data source is of type S3'),
        s3: S3Location,
      }),
    )
    .min(1)
    .max(MAX_DOCUMENTS),
});

function urisOf(uris: readonly string[], { id, bucket }: DataSourceRecord): readonly string[] {
  const foreign = uris.find((uri) => !uri.startsWith(uriOf(bucket, '')));
  if (foreign !== undefined) {
    throw validation(`"${foreign}" is not in bucket "${bucket}" of data source "${id}".`);
  }
  return [...new Set(uris)];
}

function detail(
  { knowledgeBaseId, id }: DataSourceRecord,
  uri: string,
  document: StoredDocument | undefined,
): object {
  return {
    knowledgeBaseId,
    dataSourceId: id,
    identifier: { dataSourceType: 'S3', s3: { uri } },
    status: document?.status ?? 'NOT_FOUND',
    statusReason: document?.statusReason,
    updatedAt: document && toTime(document.updatedAt),
  };
}
