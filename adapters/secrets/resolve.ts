import { failure } from '../../workflows/failures.ts';
import type { Path } from '../definitions/finding.ts';
import { label } from '../definitions/issues.ts';
import { mapTexts } from '../definitions/map-texts.ts';
import { isSecretAt, type JsonSchema } from '../definitions/schema-at.ts';
import {
  envReferences,
  holdsLiteralSecret,
  replaceEnvReferences,
  secretsManagerName,
  urlSecrets,
} from './references.ts';

export interface SecretStores {
  /** The worker's environment. */
  readonly variable: (name: string) => string | undefined;
  /** The text of a secret in AWS Secrets Manager; `fresh` asks there even when a recent answer is at hand. Throws our failures, which name the secret. */
  readonly secretsManager?: (
    name: string,
    options?: { readonly fresh?: boolean },
  ) => Promise<string>;
}

export interface ResolvedConfig {
  readonly config: unknown;
  /** Every secret value in `config`, for the redactor. Never log or store it. */
  readonly values: readonly string[];
}

/**
 * Puts secrets in the place of `${env:NAME}` and `secretsmanager:name`, in fields that the schema marks `x-secret` only.
 * Each secret of the store is asked for once. Sentences name references, never values.
 * @throws InvalidConfig - a variable is not set, a name cannot be, or the worker has no secrets manager.
 * @throws AuthExpired - a secret is empty.
 */
export async function resolveSecrets(
  config: unknown,
  configSchema: JsonSchema,
  stores: SecretStores,
): Promise<ResolvedConfig> {
  const stored = await readStored(config, configSchema, stores);
  const values = new Set<string>();
  const resolved = mapTexts(config, (text, path) => {
    if (!isSecretAt(configSchema, path)) return text;
    const value = resolveText(text, path, { variable: stores.variable, stored, values });
    return value;
  });
  return { config: resolved, values: [...values] };
}

async function readStored(
  config: unknown,
  schema: JsonSchema,
  { secretsManager }: SecretStores,
): Promise<ReadonlyMap<string, string>> {
  const stored = new Map<string, string>();
  for (const { name, path } of storedNames(config, schema)) {
    if (stored.has(name)) continue;
    if (!secretsManager) throw noSecretsManager(name, path);
    const value = await secretsManager(name);
    if (value === '') throw emptySecret(`secretsmanager:${name}`, path);
    stored.set(name, value);
  }
  return stored;
}

function storedNames(config: unknown, schema: JsonSchema): readonly { name: string; path: Path }[] {
  const names: { name: string; path: Path }[] = [];
  mapTexts(config, (text, path) => {
    const name = isSecretAt(schema, path) ? secretsManagerName(text) : undefined;
    if (name !== undefined) names.push({ name, path: [...path] });
    return text;
  });
  return names;
}

interface Resolving {
  readonly variable: (name: string) => string | undefined;
  readonly stored: ReadonlyMap<string, string>;
  readonly values: Set<string>;
}

function resolveText(text: string, path: Path, { variable, stored, values }: Resolving): string {
  const name = secretsManagerName(text);
  const references = envReferences(text);
  const parts = references.map((reference) => readVariable(reference.text, path, variable));
  const value =
    name === undefined
      ? replaceEnvReferences(text, (wanted) => variable(wanted) ?? '')
      : (stored.get(name) ?? '');
  const secret = name !== undefined || references.length > 0 || holdsLiteralSecret(text);
  if (secret) for (const one of [value, ...parts, ...urlSecrets(value)]) values.add(one);
  return value;
}

function readVariable(
  reference: string,
  path: Path,
  variable: (name: string) => string | undefined,
): string {
  const [parsed] = envReferences(reference);
  if (!parsed?.valid) throw badName(reference, path);
  const value = variable(parsed.name);
  if (value === undefined) throw missingVariable(reference, parsed.name, path);
  if (value === '') throw emptySecret(reference, path);
  return value;
}

function missingVariable(reference: string, name: string, path: Path): Error {
  return failure(
    'InvalidConfig',
    `The secret "${reference}" of "config.${label(path)}" is not set on this worker. Set the variable ${name} where workers run, then run the source again.`,
    { details: { reference } },
  );
}

function badName(reference: string, path: Path): Error {
  return failure(
    'InvalidConfig',
    `The secret "${reference}" of "config.${label(path)}" names no variable. Write it as "\${env:NAME}", with letters, digits and underscores.`,
    { details: { reference } },
  );
}

function emptySecret(reference: string, path: Path): Error {
  return failure(
    'AuthExpired',
    `The secret "${reference}" of "config.${label(path)}" is empty. Renew that secret; the next run reads it again.`,
    { details: { reference } },
  );
}

function noSecretsManager(name: string, path: Path): Error {
  const reference = `secretsmanager:${name}`;
  return failure(
    'InvalidConfig',
    `The secret "${reference}" of "config.${label(path)}" needs AWS Secrets Manager, which this worker does not use. Give the worker AWS credentials, or write the secret as "\${env:NAME}".`,
    { details: { reference } },
  );
}
