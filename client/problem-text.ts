import type { Problem } from './problem.ts';
import type { Palette } from './terminal.ts';
import { clean, indented, plural } from './text.ts';

/** A problem for people: what is wrong, each finding, then what to do. */
export function problemText(
  { message, options }: Problem,
  { width, paint }: { readonly width: number; readonly paint: Palette },
): string {
  const { failure, remedy, findings = [] } = options;
  const label = failure === undefined ? 'Error' : failure;
  const first = indented(`${label}: ${clean(message)}`, width, '');
  return [
    first.replace(`${label}:`, paint.bad(`${label}:`)),
    ...findings.map(({ sentence }) => indented(clean(sentence), width, '    ', '  - ')),
    ...(remedy === undefined ? [] : [indented(remedy, width, '  ')]),
  ].join('\n');
}

/** A problem for programs. */
export function problemJson({ message, options }: Problem): string {
  const { failure, remedy, findings, exitCode = 1 } = options;
  const name = failure ?? (exitCode === 2 ? 'WrongUsage' : 'Error');
  const error = {
    name,
    message,
    ...(remedy === undefined ? {} : { remedy }),
    ...(findings ? { findings } : {}),
  };
  return JSON.stringify({ error }, null, 2);
}

/** `1 error`, as the head of a list of findings. */
export function findingsHead(count: number, file: string): string {
  return `${plural(count, 'error')} in the definitions of "${file}".`;
}
