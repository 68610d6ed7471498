import type { BedrockAgentClient } from '@aws-sdk/client-bedrock-agent';
import type { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { knowledgeDocuments, type KnowledgeDocuments } from './knowledge-documents.ts';
import { knowledgeIngestions, type KnowledgeIngestions } from './knowledge-ingestions.ts';
import { knowledgePassages, type KnowledgePassages } from './knowledge-passages.ts';
import { knowledgePlaces, type KnowledgePlaces } from './knowledge-places.ts';
import { knowledgeSetUp, type KnowledgeSetUp } from './knowledge-set-up.ts';

export interface KnowledgeClients {
  readonly agent: BedrockAgentClient;
  /** Made with a `NodeHttpHandler`, unless the endpoint speaks HTTP/2. */
  readonly runtime: BedrockAgentRuntimeClient;
}

/**
 * Knowledge bases of Amazon Bedrock in our words. Every call takes the `signal` that cancels it and throws our failures:
 * @throws Throttled, Unavailable, Conflict, QuotaExceeded - retried.
 * @throws NotFound, AccessDenied, InvalidConfig - not retried.
 */
export interface Knowledge
  extends
    KnowledgeIngestions,
    KnowledgeDocuments,
    KnowledgePassages,
    KnowledgePlaces,
    KnowledgeSetUp {}

/** The clients stay the caller's: it closes them. */
export function createKnowledge({ agent, runtime }: KnowledgeClients): Knowledge {
  return {
    ...knowledgeIngestions(agent),
    ...knowledgeDocuments(agent),
    ...knowledgePassages(runtime),
    ...knowledgePlaces(agent),
    ...knowledgeSetUp(agent),
  };
}
