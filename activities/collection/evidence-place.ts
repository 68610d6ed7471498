import type { EvidencePlace } from '../../adapters/evidence/evidence-store.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';

/** Where the evidence of a source goes; undefined where its knowledge base names no place. */
export function evidencePlaceOf({
  tenant,
  id: source,
  knowledgeBase,
}: SourceDefinition): EvidencePlace | undefined {
  const { evidence } = knowledgeBase;
  return evidence && { ...evidence, tenant, source };
}

/** What to do about it, as a sentence. */
export function withoutEvidencePlace({ knowledgeBase }: SourceDefinition): string {
  return `Knowledge base "${knowledgeBase.id}" has no "evidence", so no body of a page is kept. Name a bucket and a prefix there that its data source does not read.`;
}
