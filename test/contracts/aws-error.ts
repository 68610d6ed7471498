/** What a client of AWS sees of an error: its name and the status. */
export interface SeenAwsError {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

/** The error of a call that must not succeed. */
export async function awsError(call: Promise<unknown>): Promise<SeenAwsError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('The call succeeded, but it must not.');
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return { name: error.name, message: error.message, status: $metadata?.httpStatusCode };
}
