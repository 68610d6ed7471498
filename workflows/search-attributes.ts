import { defineSearchAttributeKey } from '@temporalio/common';

/**
 * Every search attribute of the product, typed: workflows set them, schedules carry them, people query by them.
 * Eight keywords, one double, one int, one bool, one datetime: within what SQL visibility can index
 * (10 keywords and 3 of each other type a namespace).
 */
export const SEARCH_ATTRIBUTES = {
  sourceId: defineSearchAttributeKey('SourceId', 'KEYWORD'),
  sourceType: defineSearchAttributeKey('SourceType', 'KEYWORD'),
  tenantId: defineSearchAttributeKey('TenantId', 'KEYWORD'),
  stage: defineSearchAttributeKey('Stage', 'KEYWORD'),
  outcome: defineSearchAttributeKey('Outcome', 'KEYWORD'),
  failureName: defineSearchAttributeKey('FailureName', 'KEYWORD'),
  knowledgeBaseId: defineSearchAttributeKey('KnowledgeBaseId', 'KEYWORD'),
  configHash: defineSearchAttributeKey('ConfigHash', 'KEYWORD'),
  /** 0..1 */
  confidence: defineSearchAttributeKey('Confidence', 'DOUBLE'),
  documentsChanged: defineSearchAttributeKey('DocumentsChanged', 'INT'),
  awaitingHuman: defineSearchAttributeKey('AwaitingHuman', 'BOOL'),
  deadline: defineSearchAttributeKey('Deadline', 'DATETIME'),
} as const;
