/** JSON that keeps bytes: models hand out reasoning as bytes that must go back to them unchanged. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one instanceof Uint8Array ? { [BYTES]: Buffer.from(one).toString('base64') } : one,
  );
}

export function decodeJson(text: string): unknown {
  return JSON.parse(text, (_key, one: unknown) =>
    isBytes(one) ? new Uint8Array(Buffer.from(one[BYTES], 'base64')) : one,
  );
}

const BYTES = '$bytes';

function isBytes(value: unknown): value is { readonly [BYTES]: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    BYTES in value &&
    typeof value[BYTES] === 'string' &&
    Object.keys(value).length === 1
  );
}
