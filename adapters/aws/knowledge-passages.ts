import {
  RetrieveCommand,
  type BedrockAgentRuntimeClient,
  type KnowledgeBaseRetrievalConfiguration,
  type KnowledgeBaseRetrievalResult,
  type RetrievalFilter,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { callAws } from './errors.ts';

interface Question {
  readonly knowledgeBaseId: string;
  readonly text: string;
  /** 1 to 100. */
  readonly numberOfResults: number;
  /** Attributes that a document must have, all of them, with exactly these values. */
  readonly filter?: Readonly<Record<string, string | number | boolean>>;
  /** `VECTOR` if absent. A managed knowledge base takes its settings under another name. */
  readonly kind?: 'VECTOR' | 'MANAGED';
  readonly signal: AbortSignal;
}

/** A piece of a document that may answer the question. */
export interface Passage {
  readonly text: string;
  /** `s3://bucket/key`; empty if the service names none. */
  readonly uri: string;
  /** 0..1, comparable within one answer only. */
  readonly score: number;
  /** The sidecar's attributes, and Bedrock's own that begin with `x-amz-`. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface KnowledgePassages {
  /** Best first; empty if nothing fits. */
  retrieve(question: Question): Promise<Passage[]>;
}

export function knowledgePassages(runtime: BedrockAgentRuntimeClient): KnowledgePassages {
  return {
    async retrieve(question) {
      const { knowledgeBaseId, text, signal } = question;
      const command = new RetrieveCommand({
        knowledgeBaseId,
        retrievalQuery: { text },
        retrievalConfiguration: searchOf(question),
      });
      const context = {
        operation: 'bedrock:Retrieve',
        resource: `knowledge base "${knowledgeBaseId}"`,
      };
      const { retrievalResults = [] } = await callAws(context, signal, () =>
        runtime.send(command, { abortSignal: signal }),
      );
      return retrievalResults.map((result) => toPassage(result));
    },
  };
}

function searchOf({
  numberOfResults,
  filter = {},
  kind,
}: Question): KnowledgeBaseRetrievalConfiguration {
  const wanted = filterOf(filter);
  const search = { numberOfResults, ...(wanted ? { filter: wanted } : {}) };
  return kind === 'MANAGED'
    ? { managedSearchConfiguration: search }
    : { vectorSearchConfiguration: search };
}

/** A group needs two members at least, so a single condition stands alone. */
function filterOf(wanted: NonNullable<Question['filter']>): RetrievalFilter | undefined {
  const conditions = Object.entries(wanted).map(([key, value]) => ({ equals: { key, value } }));
  return conditions.length > 1 ? { andAll: conditions } : conditions[0];
}

function toPassage({ content, location, score, metadata }: KnowledgeBaseRetrievalResult): Passage {
  return {
    text: content?.text ?? '',
    uri: location?.s3Location?.uri ?? '',
    score: score ?? 0,
    metadata: metadata ?? {},
  };
}
