/** Everything that a worker would store or log of an error: its sentence, its details, and what caused it. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const type = 'type' in error ? `${String(error.type)}: ` : '';
  const details = 'details' in error ? ` ${JSON.stringify(error.details) ?? ''}` : '';
  const cause = error.cause === undefined ? '' : ` (cause: ${errorText(error.cause)})`;
  return `${type}${error.message}${details}${cause}`;
}

/** The failure name of an error, if it has one. */
export function failureNameOf(error: unknown): string | undefined {
  return error instanceof Error && 'type' in error ? String(error.type) : undefined;
}
