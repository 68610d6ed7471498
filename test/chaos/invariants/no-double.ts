import type { Evidence } from '../evidence.ts';
import { isSidecar, storedDocuments } from './stored-documents.ts';

/** I2: one object a document, one sidecar an object, one row a document. */
export function noDouble(evidence: Evidence): readonly string[] {
  const byDocument = Map.groupBy(
    storedDocuments(evidence),
    ({ source, number }) => `${source} ${number}`,
  );
  const byId = Map.groupBy(
    evidence.objects.filter(({ sidecar }) => sidecar !== undefined),
    ({ sidecar }) => `${sidecar?.source} "${sidecar?.docId}"`,
  );
  return [
    ...twice(byDocument, ({ object }) => object.key),
    ...twice(byId, ({ key }) => key),
    ...loneObjects(evidence),
  ];
}

function twice<T>(
  groups: ReadonlyMap<string, readonly T[]>,
  keyOf: (one: T) => string,
): readonly string[] {
  return [...groups]
    .map(([name, members]) => [name, [...new Set(members.map((one) => keyOf(one)))]] as const)
    .filter(([, keys]) => keys.length > 1)
    .map(([name, keys]) => `${name} is stored ${keys.length} times: ${keys.join(', ')}.`);
}

/** A sidecar without content, or content without a sidecar, is half of a document. */
function loneObjects({ objects }: Evidence): readonly string[] {
  const keys = new Set(objects.map(({ key }) => key));
  return [...keys]
    .filter((key) =>
      isSidecar(key)
        ? !keys.has(key.slice(0, -'.metadata.json'.length))
        : !keys.has(`${key}.metadata.json`),
    )
    .map((key) => `"${key}" stands alone.`);
}
