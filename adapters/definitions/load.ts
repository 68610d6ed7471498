import type { z } from 'zod';
import type {
  KnowledgeBaseDefinition,
  SourceDefinition,
} from '../../workflows/collection/definitions.ts';
import type { WebhookDefinition } from '../../workflows/notices/webhook.ts';
import { diskFiles, readFiles, type FileAccess } from './files.ts';
import { finding, type DefinitionError, type DefinitionNotice } from './finding.ts';
import { readKnowledgeBases } from './knowledge-bases.ts';
import type { RepairDefinition } from '../../workflows/repair/policy.ts';
import { readNotifications } from './notifications.ts';
import { replacedVariables } from './paper-names.ts';
import { readRepair } from './repair.ts';
import type { JsonSchema } from './schema-at.ts';
import { readSources } from './sources.ts';

export interface LoadOptions {
  /** Path of `wellspring.yaml`. */
  readonly file: string;
  /** Default: the disk. */
  readonly files?: FileAccess;
  /** The environment, for `${env:NAME}` outside of secret fields. */
  readonly variables: (name: string) => string | undefined;
  readonly sourceTypes: ReadonlyMap<string, KnownSourceType>;
}

/** What the loader needs to know of a source type; the table of source types gives it. */
export interface KnownSourceType {
  readonly spec: {
    readonly name: string;
    readonly summary: string;
    readonly configSchema: JsonSchema;
  };
  readonly config: z.ZodType;
  /** Throws `InvalidConfig` for what the schema cannot say of a config that it has parsed. No I/O. */
  validate(parsed: unknown): void;
}

/** Valid definitions, or every error that there is. Notices stop nothing. */
export type Loaded = LoadedDefinitions | { readonly errors: readonly DefinitionError[] };

export interface LoadedDefinitions {
  readonly knowledgeBases: readonly KnowledgeBaseDefinition[];
  /** In the order of the files. */
  readonly sources: readonly SourceDefinition[];
  readonly notifications: readonly WebhookDefinition[];
  /** How far repairs may go by themselves; undefined where no file says so. */
  readonly repair?: RepairDefinition;
  readonly notices: readonly DefinitionNotice[];
}

/**
 * Reads definitions and checks all of them in one go: files, envelope, schedules, and each `config` by its source type's own schema.
 * No I/O but reading files. The definitions depend on the files and variables alone, so their digests are the same everywhere.
 * `config` is kept as written (papers' keys translated, variables substituted), without the defaults of the source type, so that
 * an upgrade of a source type changes no definition.
 */
export async function loadDefinitions(options: LoadOptions): Promise<Loaded> {
  const raw = await readFiles(options.file, options.files ?? diskFiles);
  const bases = readKnowledgeBases(raw.knowledgeBases, options);
  const sources = readSources(raw.sources, bases, options);
  const webhooks = readNotifications(raw.notifications, options);
  const repair = readRepair(raw.repair, options);
  const unreadable = raw.errors.length > 0;
  const noBase = raw.sources.length > 0 && raw.knowledgeBases.length === 0 && !unreadable;
  const errors = [
    ...raw.errors,
    ...bases.errors,
    ...(noBase ? [noKnowledgeBase(options.file)] : []),
    ...sources.errors,
    ...webhooks.errors,
    ...repair.errors,
  ];
  if (errors.length > 0) return { errors };
  return {
    knowledgeBases: bases.definitions,
    sources: sources.definitions,
    notifications: webhooks.definitions,
    ...(repair.definition ? { repair: repair.definition } : {}),
    notices: [
      ...raw.notices,
      ...bases.notices,
      ...sources.notices,
      ...webhooks.notices,
      ...repair.notices,
      ...variableNotices(options),
    ],
  };
}

function noKnowledgeBase(file: string): DefinitionError {
  const remedy = 'Add "knowledgeBases:" with id, knowledgeBaseId, dataSourceId and bucket.';
  return finding({ file, line: 1 }, 'There is no knowledge base', remedy);
}

function variableNotices({ file, variables }: LoadOptions): readonly DefinitionNotice[] {
  return replacedVariables(variables).map((sentence) => ({ file, line: 1, sentence }));
}
