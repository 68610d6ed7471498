import { createHash } from 'node:crypto';
import { z } from 'zod';
import { conflict } from './service-error.ts';
import type { Timing } from './timing.ts';

/** Bedrock's own pattern and length. */
export const ClientToken = z
  .string()
  .min(33)
  .max(256)
  .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}$/);

interface Requested {
  readonly clientToken?: string;
  readonly fingerprint: string;
  readonly createdAt: number;
}

/** The same for the same request, whatever its token and the order of its keys. */
export function fingerprintOf(operation: string, request: object): string {
  const { clientToken: _, ...rest } = request as { readonly clientToken?: string };
  return createHash('sha256')
    .update(operation + JSON.stringify(rest, sortedKeys))
    .digest('hex');
}

/**
 * The record that an earlier request with the same token made, as long as the token is remembered.
 * @throws ConflictException - the token came with another request.
 */
export function findReplayed<R extends Requested>(
  records: readonly R[],
  request: { readonly clientToken?: string; readonly fingerprint: string },
  timing: Timing,
): R | undefined {
  if (request.clientToken === undefined) return undefined;
  const oldest = timing.clock.now() - timing.tokenLifeMs;
  const known = records.find(
    (record) => record.clientToken === request.clientToken && record.createdAt > oldest,
  );
  if (known && known.fingerprint !== request.fingerprint) {
    throw conflict('The client token was already used with other parameters.');
  }
  return known;
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
