import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { failure } from '../../workflows/failures.ts';
import type { SecretStores } from '../secrets/resolve.ts';
import { awsFailure } from './errors.ts';

/** A secret is read again after five minutes, so that a renewed one is seen; at once where the old one was refused (`fresh`). */
const CACHED_MS = 300_000;

/** Reads the text of a secret by its name or ARN. @throws NotFound, AccessDenied, Unavailable - the sentence names the secret, never its value. */
export function createSecretReader(
  client: () => SecretsManagerClient,
): NonNullable<SecretStores['secretsManager']> {
  const cache = new Map<string, { readonly text: string; readonly untilMs: number }>();
  return async (name, { fresh = false } = {}) => {
    const known = cache.get(name);
    if (!fresh && known && known.untilMs > Date.now()) return known.text;
    const text = await read(client(), name);
    cache.set(name, { text, untilMs: Date.now() + CACHED_MS });
    return text;
  };
}

async function read(client: SecretsManagerClient, name: string): Promise<string> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (SecretString !== undefined) return SecretString;
  } catch (error) {
    throw awsFailure(error, {
      operation: 'secretsmanager:GetSecretValue',
      resource: `secret "${name}"`,
    });
  }
  throw failure('InvalidConfig', `Secret "${name}" is binary. Store it as text.`);
}
