import { digestOf } from '../../adapters/definitions/digest.ts';
import { definitionByDigest } from '../../adapters/postgres/revisions.ts';
import { redactor } from '../../adapters/secrets/redact.ts';
import { resolveSecrets } from '../../adapters/secrets/resolve.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import type { SourceSpec } from '../sources/contract.ts';
import type { OpenSource } from '../sources/define-source.ts';
import type { CollectionDependencies } from './dependencies.ts';

/** A source with its secrets resolved, ready to be read. */
export interface OpenedSource {
  readonly definition: SourceDefinition;
  readonly spec: SourceSpec;
  readonly source: OpenSource;
  /** sha256 over all that shapes the output: another one means that everything is read and compared again. */
  readonly configSig: string;
  readonly redact: (text: string) => string;
  /** Of the secrets as they were read: another one means that one of them was renewed. */
  readonly secretsDigest: string;
}

/** @throws NotFound - the digest is unknown; InvalidConfig, AuthExpired - the config or a secret is wrong. */
export async function openSource(
  digest: string,
  { db, sourceTypes, secrets }: Pick<CollectionDependencies, 'db' | 'sourceTypes' | 'secrets'>,
): Promise<OpenedSource> {
  const definition = await definitionByDigest(db, digest);
  if (!definition)
    throw failure(
      'NotFound',
      `No definition has the digest "${digest}". Run "npm run cli -- apply" again.`,
    );
  const type = sourceTypes.get(definition.type);
  if (!type)
    throw failure(
      'InvalidConfig',
      `Source "${definition.id}" has the type "${definition.type}", which this worker does not know.`,
    );
  const { config, values } = await resolveSecrets(
    definition.config,
    type.spec.configSchema,
    secrets,
  );
  return {
    definition,
    spec: type.spec,
    source: type.open(config),
    configSig: signature(definition, type.spec),
    redact: redactor(values),
    secretsDigest: digestOf(values),
  };
}

/**
 * The source with the secrets as their store has them now, past what is kept of earlier answers; undefined when they are the same as before.
 * @throws InvalidConfig, AuthExpired, Unavailable
 */
export async function openRenewed(
  digest: string,
  { secretsDigest }: OpenedSource,
  deps: Pick<CollectionDependencies, 'db' | 'sourceTypes' | 'secrets'>,
): Promise<OpenedSource | undefined> {
  const { secretsManager } = deps.secrets;
  const fresh = secretsManager
    ? { secretsManager: (name: string) => secretsManager(name, { fresh: true }) }
    : {};
  const again = await openSource(digest, { ...deps, secrets: { ...deps.secrets, ...fresh } });
  return again.secretsDigest === secretsDigest ? undefined : again;
}

/** Secrets take part by their reference only: renewing one reads nothing again. */
function signature(
  { type, category, config, knowledgeBase }: SourceDefinition,
  { version }: SourceSpec,
): string {
  const { bucket, prefix, vectorStore } = knowledgeBase;
  const shaping = { type, version, category, config, bucket, prefix, vectorStore };
  return digestOf(shaping);
}
