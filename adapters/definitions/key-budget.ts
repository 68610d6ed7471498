import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { Problem } from './finding.ts';

/** Direct ingestion takes an URI of 128 characters behind `s3://` (its API model), of which `<h2>/<h32>.md` takes 38. */
const MAX_KEY_START_BYTES = 128 - 38;

/** A problem when bucket and the first folders of the keys of a source leave no room for the rest of the key. */
export function keyTooLong(definition: SourceDefinition): readonly Problem[] {
  const { knowledgeBase, tenant, category, id } = definition;
  const parts = [knowledgeBase.bucket, knowledgeBase.prefix, tenant, category, id];
  const start = `${parts.filter((part) => part !== '').join('/')}/`;
  const bytes = Buffer.byteLength(start);
  if (bytes <= MAX_KEY_START_BYTES) return [];
  return [
    {
      path: ['id'],
      what: `Bucket, prefix, tenant, category and source id together are ${bytes} bytes ("${start}")`,
      remedy: `${MAX_KEY_START_BYTES} are allowed, so that Bedrock takes the keys. Shorten the category, the id or the prefix.`,
    },
  ];
}
