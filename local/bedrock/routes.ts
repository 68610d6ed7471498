import { converse } from './converse.ts';
import {
  createDataSource,
  deleteDataSource,
  getDataSource,
  listDataSources,
  updateDataSource,
} from './data-sources.ts';
import { deleteDocuments, getDocuments, ingestDocuments, listDocuments } from './documents.ts';
import {
  getIngestionJob,
  listIngestionJobs,
  startIngestionJob,
  stopIngestionJob,
} from './ingestion-jobs.ts';
import {
  createKnowledgeBase,
  deleteKnowledgeBase,
  getKnowledgeBase,
  listKnowledgeBases,
  updateKnowledgeBase,
} from './knowledge-bases.ts';
import type { OperationName } from './operation-name.ts';
import { retrieve } from './retrieve.ts';
import type { Operation } from './service.ts';
import { listTagsForResource, tagResource, untagResource } from './tags.ts';

export interface Route {
  readonly name: OperationName;
  readonly status: number;
  readonly carryOut: Operation;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The route of a request, or the name of an operation that Bedrock has and the embedded server has not.
 * Labels are decoded after the split, so that an ARN with slashes stays one segment.
 */
export function findRoute(method: string, path: string): Route | { readonly unsupported: string } {
  const segments = path.split('/').filter((segment) => segment !== '');
  for (const [name, wanted, pattern, status, carryOut] of ROUTES) {
    const labels = wanted === method ? match(pattern, segments) : undefined;
    if (labels) return { name, status, carryOut, labels };
  }
  const known = UNSUPPORTED.find(
    ([, wanted, pattern]) => wanted === method && match(pattern, segments),
  );
  return { unsupported: known?.[0] ?? `${method} ${path}` };
}

type RouteLine = readonly [OperationName, string, string, number, Operation];

const KNOWLEDGE_BASE = '/knowledgebases/{knowledgeBaseId}';
const DATA_SOURCE = `${KNOWLEDGE_BASE}/datasources/{dataSourceId}`;
const JOB = `${DATA_SOURCE}/ingestionjobs/{ingestionJobId}`;
const MODEL = '/model/{modelId}';
const TAGS = '/tags/{resourceArn}';

const ROUTES: readonly RouteLine[] = [
  ['CreateKnowledgeBase', 'PUT', '/knowledgebases', 202, createKnowledgeBase],
  ['ListKnowledgeBases', 'POST', '/knowledgebases', 200, listKnowledgeBases],
  ['GetKnowledgeBase', 'GET', KNOWLEDGE_BASE, 200, getKnowledgeBase],
  ['UpdateKnowledgeBase', 'PUT', KNOWLEDGE_BASE, 202, updateKnowledgeBase],
  ['DeleteKnowledgeBase', 'DELETE', KNOWLEDGE_BASE, 202, deleteKnowledgeBase],
  ['CreateDataSource', 'PUT', `${KNOWLEDGE_BASE}/datasources`, 200, createDataSource],
  ['ListDataSources', 'POST', `${KNOWLEDGE_BASE}/datasources`, 200, listDataSources],
  ['GetDataSource', 'GET', DATA_SOURCE, 200, getDataSource],
  ['UpdateDataSource', 'PUT', DATA_SOURCE, 200, updateDataSource],
  ['DeleteDataSource', 'DELETE', DATA_SOURCE, 202, deleteDataSource],
  ['StartIngestionJob', 'PUT', `${DATA_SOURCE}/ingestionjobs`, 202, startIngestionJob],
  ['ListIngestionJobs', 'POST', `${DATA_SOURCE}/ingestionjobs`, 200, listIngestionJobs],
  ['GetIngestionJob', 'GET', JOB, 200, getIngestionJob],
  ['StopIngestionJob', 'POST', `${JOB}/stop`, 202, stopIngestionJob],
  ['IngestKnowledgeBaseDocuments', 'PUT', `${DATA_SOURCE}/documents`, 202, ingestDocuments],
  ['ListKnowledgeBaseDocuments', 'POST', `${DATA_SOURCE}/documents`, 200, listDocuments],
  ['GetKnowledgeBaseDocuments', 'POST', `${DATA_SOURCE}/documents/getDocuments`, 200, getDocuments],
  [
    'DeleteKnowledgeBaseDocuments',
    'POST',
    `${DATA_SOURCE}/documents/deleteDocuments`,
    202,
    deleteDocuments,
  ],
  ['TagResource', 'POST', TAGS, 200, tagResource],
  ['ListTagsForResource', 'GET', TAGS, 200, listTagsForResource],
  ['UntagResource', 'DELETE', TAGS, 200, untagResource],
  ['Retrieve', 'POST', `${KNOWLEDGE_BASE}/retrieve`, 200, retrieve],
  ['Converse', 'POST', `${MODEL}/converse`, 200, converse],
];

/** What somebody who uses knowledge bases may well try next. The rest is named by method and path. */
const UNSUPPORTED: readonly (readonly [string, string, string])[] = [
  ['RetrieveAndGenerate', 'POST', '/retrieveAndGenerate'],
  ['RetrieveAndGenerateStream', 'POST', '/retrieveAndGenerateStream'],
  ['AgenticRetrieveStream', 'POST', '/agenticRetrieveStream'],
  ['Rerank', 'POST', '/rerank'],
  ['GenerateQuery', 'POST', '/generateQuery'],
  ['CreateAgent', 'PUT', '/agents'],
  ['ListAgents', 'POST', '/agents'],
  ['CreateFlow', 'POST', '/flows'],
  ['ListFlows', 'GET', '/flows'],
  ['CreatePrompt', 'POST', '/prompts'],
  ['ListPrompts', 'GET', '/prompts'],
  ['ConverseStream', 'POST', `${MODEL}/converse-stream`],
  ['InvokeModel', 'POST', `${MODEL}/invoke`],
  ['InvokeModelWithResponseStream', 'POST', `${MODEL}/invoke-with-response-stream`],
  ['CountTokens', 'POST', `${MODEL}/count-tokens`],
  ['ApplyGuardrail', 'POST', '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply'],
];

function match(
  pattern: string,
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/').slice(1);
  if (wanted.length !== segments.length) return undefined;
  const labels: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith('{')) labels[part.slice(1, -1)] = decodeURIComponent(segment);
    else if (part !== segment) return undefined;
  }
  return labels;
}
