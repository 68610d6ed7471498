import { createHash } from 'node:crypto';
import {
  DeleteKnowledgeBaseDocumentsCommand,
  GetKnowledgeBaseDocumentsCommand,
  IngestKnowledgeBaseDocumentsCommand,
  ListKnowledgeBaseDocumentsCommand,
  type BedrockAgentClient,
  type DocumentStatus,
  type KnowledgeBaseDocumentDetail,
} from '@aws-sdk/client-bedrock-agent';
import { callAws } from './errors.ts';
import { contextOf, refOf, type DataSourceCall } from './knowledge-ingestions.ts';

/** How the index stands to one document. */
export interface IndexedState {
  /** `s3://bucket/key`. */
  readonly uri: string;
  readonly status: DocumentStatus;
  /** Good, bad, or neither yet. NOT_FOUND is `gone`: after a deletion a success. */
  readonly outcome: 'indexed' | 'failed' | 'pending' | 'gone';
  /** Why, where the service says so. */
  readonly reason?: string;
}

interface ManyDocuments extends DataSourceCall {
  /** Any number; they go in batches of ten, one after the other. */
  readonly uris: readonly string[];
}

interface ManyChanges extends ManyDocuments {
  /** Names the logical attempt; each batch gets a token of its own from it. */
  readonly clientToken: string;
}

export interface KnowledgeDocuments {
  /** Every document that the data source knows, also the failed ones; pages are fetched as they are needed. */
  listDocuments(request: DataSourceCall): AsyncIterable<IndexedState>;
  getDocumentStatuses(request: ManyDocuments): Promise<IndexedState[]>;
  /** Reads objects and sidecars into the index without a job. They must be in the bucket; poll until none is pending. */
  ingestDocuments(request: ManyChanges): Promise<IndexedState[]>;
  /** Takes documents out of the index. Delete their objects first, or the next job brings them back. */
  deleteDocuments(request: ManyChanges): Promise<IndexedState[]>;
}

export function knowledgeDocuments(agent: BedrockAgentClient): KnowledgeDocuments {
  return {
    async *listDocuments({ signal, ...request }) {
      let nextToken: string | undefined;
      do {
        const command = new ListKnowledgeBaseDocumentsCommand({
          ...refOf(request),
          maxResults: PAGE_SIZE,
          nextToken,
        });
        const context = contextOf('ListKnowledgeBaseDocuments', request);
        const page = await callAws(context, signal, () =>
          agent.send(command, { abortSignal: signal }),
        );
        yield* (page.documentDetails ?? []).map((detail) => toState(detail));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    },
    getDocumentStatuses: ({ signal, ...request }) =>
      inBatches(request.uris, async (uris) => {
        const command = new GetKnowledgeBaseDocumentsCommand({
          ...refOf(request),
          documentIdentifiers: uris.map((uri) => identifierOf(uri)),
        });
        const context = contextOf('GetKnowledgeBaseDocuments', request);
        return callAws(context, signal, () => agent.send(command, { abortSignal: signal }));
      }),
    ingestDocuments: ({ signal, ...request }) =>
      inBatches(request.uris, async (uris) => {
        const command = new IngestKnowledgeBaseDocumentsCommand({
          ...refOf(request),
          clientToken: tokenOfBatch(request.clientToken, uris),
          documents: uris.map((uri) => ({
            content: { dataSourceType: 'S3', s3: { s3Location: { uri } } },
          })),
        });
        const context = contextOf('IngestKnowledgeBaseDocuments', request);
        return callAws(context, signal, () => agent.send(command, { abortSignal: signal }));
      }),
    deleteDocuments: ({ signal, ...request }) =>
      inBatches(request.uris, async (uris) => {
        const command = new DeleteKnowledgeBaseDocumentsCommand({
          ...refOf(request),
          clientToken: tokenOfBatch(request.clientToken, uris),
          documentIdentifiers: uris.map((uri) => identifierOf(uri)),
        });
        const context = contextOf('DeleteKnowledgeBaseDocuments', request);
        return callAws(context, signal, () => agent.send(command, { abortSignal: signal }));
      }),
  };
}

/** The service takes ten documents a call; one page of its documentation says 25, so the lower number it is. */
const BATCH_SIZE = 10;
const PAGE_SIZE = 1000;

interface BatchAnswer {
  readonly documentDetails?: KnowledgeBaseDocumentDetail[] | undefined;
}

async function inBatches(
  uris: readonly string[],
  call: (uris: readonly string[]) => Promise<BatchAnswer>,
): Promise<IndexedState[]> {
  const states: IndexedState[] = [];
  for (let start = 0; start < uris.length; start += BATCH_SIZE) {
    const { documentDetails = [] } = await call(uris.slice(start, start + BATCH_SIZE));
    states.push(...documentDetails.map((detail) => toState(detail)));
  }
  return states;
}

/** The same for the same batch of the same attempt, so that a repetition is recognised. */
function tokenOfBatch(clientToken: string, uris: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([clientToken, uris]))
    .digest('hex');
}

function identifierOf(uri: string) {
  return { dataSourceType: 'S3', s3: { uri } } as const;
}

function toState({ identifier, status, statusReason }: KnowledgeBaseDocumentDetail): IndexedState {
  const known = status ?? 'PENDING';
  return {
    uri: identifier?.s3?.uri ?? identifier?.custom?.id ?? '',
    status: known,
    outcome: OUTCOMES[known],
    ...(statusReason === undefined || statusReason === '' ? {} : { reason: statusReason }),
  };
}

const OUTCOMES: Readonly<Record<DocumentStatus, IndexedState['outcome']>> = {
  INDEXED: 'indexed',
  PARTIALLY_INDEXED: 'indexed',
  METADATA_PARTIALLY_INDEXED: 'indexed',
  FAILED: 'failed',
  METADATA_UPDATE_FAILED: 'failed',
  IGNORED: 'failed',
  PENDING: 'pending',
  STARTING: 'pending',
  IN_PROGRESS: 'pending',
  DELETING: 'pending',
  DELETE_IN_PROGRESS: 'pending',
  NOT_FOUND: 'gone',
};
