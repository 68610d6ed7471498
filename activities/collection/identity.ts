import { hash } from 'node:crypto';

/** Longer ids are refused: an id is an address, not content. */
export const MAX_ID_CHARACTERS = 2048;

/** sha256 of the canonical source document id, hex: from identity alone, so that the next run overwrites instead of doubling. */
export function documentHash(id: string): string {
  return hash('sha256', id.toWellFormed());
}

export interface KeyParts {
  readonly prefix: string;
  readonly tenant: string;
  readonly category: string;
  readonly source: string;
  readonly hash: string;
  /** With its dot. */
  readonly extension: string;
}

/** `<prefix>/<tenant>/<category>/<source>/<h[0:2]>/<h[0:32]>.md`; the two-character level spreads a source over 256 prefixes of S3. */
export function documentKey({
  prefix,
  tenant,
  category,
  source,
  hash,
  extension,
}: KeyParts): string {
  const name = `${hash.slice(0, 32)}${extension}`;
  return [prefix, tenant, category, source, hash.slice(0, 2), name]
    .filter((part) => part !== '')
    .join('/');
}

/** Beside the content, as Bedrock wants it. */
export function sidecarKey(key: string): string {
  return `${key}.metadata.json`;
}
