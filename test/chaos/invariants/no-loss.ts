import type { Evidence } from '../evidence.ts';
import { storedDocuments } from './stored-documents.ts';

/** I1: what a source holds is stored, and the manifest knows it. */
export function noLoss(evidence: Evidence): readonly string[] {
  const stored = storedDocuments(evidence);
  const has = new Set(stored.map(({ source, number }) => `${source} ${number}`));
  const live = new Set(
    evidence.manifest.filter(({ state }) => state === 'live').map(({ key }) => key),
  );
  return [
    ...evidence.sources.flatMap(({ id, truth, excused }) =>
      [...truth]
        .filter(([number]) => !excused.has(number) && !has.has(`${id} ${number}`))
        .map(([number, version]) => `${id} ${number} (v${version}) is not stored.`),
    ),
    ...stored
      .filter(({ object }) => !live.has(object.key))
      .map(({ object }) => `"${object.key}" is stored, and the manifest has no live row for it.`),
    ...missingObjects(evidence, live),
  ];
}

function missingObjects({ objects }: Evidence, live: ReadonlySet<string>): readonly string[] {
  const keys = new Set(objects.map(({ key }) => key));
  return [...live]
    .filter((key) => !keys.has(key))
    .map((key) => `The manifest has a live row for "${key}", which is not stored.`);
}
