import type { Evidence } from '../evidence.ts';
import { nameOf, storedDocuments } from './stored-documents.ts';

/** I4: what left its source left the bucket and the knowledge base; nothing else was ever deleted. */
export function deletionsFollow(evidence: Evidence): readonly string[] {
  const sources = new Map(evidence.sources.map((source) => [source.id, source]));
  const stayed = storedDocuments(evidence).filter(({ source, number }) => {
    const { truth, held } = sources.get(source) ?? {};
    return truth && !truth.has(number) && !held?.has(number);
  });
  return [
    ...stayed.map((one) => `${nameOf(one)} is stored, but its source no longer has it.`),
    ...wrongDeletions(evidence),
    ...leftInKnowledgeBase(evidence),
  ];
}

/** A deletion of a document that its source has: whoever wrote it again hid the loss. */
function wrongDeletions({ deletions, sources }: Evidence): readonly string[] {
  return deletions.flatMap(({ source, docId, run }) => {
    // As the sources of an arena name their documents; a fault may add others.
    const number = Number(/^(?:feed-|\S+\/docs\/)?(\d+)$/u.exec(docId)?.[1]);
    const truth = sources.find(({ id }) => id === source)?.truth;
    return truth?.has(number)
      ? [`${source} "${docId}" was deleted by ${run}, but its source has it.`]
      : [];
  });
}

function leftInKnowledgeBase({ indexed, objects, dirty }: Evidence): readonly string[] {
  // What is not covered by a job yet is said by I5.
  if (dirty.length > 0) return [];
  const keys = new Set(objects.map(({ key }) => key));
  return indexed
    .filter(({ uri }) => !keys.has(uri.replace(/^s3:\/\/[^/]+\//u, '')))
    .map(({ uri }) => `The knowledge base holds "${uri}", which is not stored any more.`);
}
