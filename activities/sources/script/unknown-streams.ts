import { failure } from '../../../workflows/failures.ts';

/** The failure of a definition that names streams which the program does not have, or of a program that has none. */
export function unknownStreams(missing: readonly string[], known: readonly string[]): Error {
  if (known.length === 0)
    return failure('InvalidConfig', 'The program lists no streams. Look at its settings.');
  return failure(
    'InvalidConfig',
    `"streams" names ${quoted(missing)}, which the program does not have. It has: ${quoted(known.toSorted())}.`,
  );
}

function quoted(names: readonly string[]): string {
  return names
    .slice(0, 20)
    .map((name) => `"${name.slice(0, 100)}"`)
    .join(', ');
}
