import { z } from 'zod';
import type { KnowledgeBaseDefinition } from '../../workflows/collection/definitions.ts';
import { parseDuration } from './duration.ts';
import { checkEntry, placeOf } from './entry.ts';
import { KnowledgeBaseEntry } from './envelope.ts';
import type { RawEntry } from './files.ts';
import type { DefinitionError, DefinitionNotice, Problem } from './finding.ts';
import { firstPlaces } from './first-places.ts';
import { PAPER_DEFAULTS } from './paper-names.ts';

export interface ReadKnowledgeBases {
  readonly definitions: readonly KnowledgeBaseDefinition[];
  /** Every id that is declared, also of entries with errors, so that one mistake is one error. */
  readonly declared: readonly string[];
  readonly errors: readonly DefinitionError[];
  readonly notices: readonly DefinitionNotice[];
}

/** Checks the entries of `knowledgeBases`, fills in the defaults, and finds ids that come twice. */
export function readKnowledgeBases(
  entries: readonly RawEntry[],
  { variables }: { readonly variables: (name: string) => string | undefined },
): ReadKnowledgeBases {
  const places = firstPlaces(entries);
  const read = entries.map((entry) => {
    const found = placeOf(entry, 'knowledge base');
    const { definition, problems, notices } = readOne(entry.value, variables);
    const all = [...problems, ...places.doubled(entry)];
    return { definition, errors: all.map(found), notices: notices.map(found) };
  });
  return {
    definitions: read.flatMap(({ definition }) => definition ?? []),
    declared: places.ids,
    errors: read.flatMap(({ errors }) => errors),
    notices: read.flatMap(({ notices }) => notices),
  };
}

interface ReadOne {
  readonly definition?: KnowledgeBaseDefinition;
  readonly problems: readonly Problem[];
  readonly notices: readonly Problem[];
}

const SHAPE = {
  zod: KnowledgeBaseEntry,
  json: z.toJSONSchema(KnowledgeBaseEntry, { io: 'input' }),
  base: [],
};

function readOne(written: unknown, variables: (name: string) => string | undefined): ReadOne {
  const { data, problems, notices } = checkEntry(written, SHAPE, variables);
  if (!data) return { problems, notices };
  const bucket = data.bucket ?? variables(PAPER_DEFAULTS.bucket);
  if (bucket === undefined) return { problems: [...problems, noBucket()], notices };
  const definition = definitionOf(data, bucket, variables);
  return { definition, problems: [...problems, ...indexedEvidence(definition)], notices };
}

function definitionOf(
  data: KnowledgeBaseEntry,
  bucket: string,
  variables: (name: string) => string | undefined,
): KnowledgeBaseDefinition {
  const region = data.region ?? variables(PAPER_DEFAULTS.region);
  const { evidence, sync } = data;
  return {
    id: data.id,
    knowledgeBaseId: data.knowledgeBaseId,
    dataSourceId: data.dataSourceId,
    bucket,
    prefix: trimmed(data.prefix),
    ...(region === undefined ? {} : { region }),
    ...(evidence ? { evidence: { ...evidence, prefix: trimmed(evidence.prefix) } } : {}),
    vectorStore: data.vectorStore,
    sync: {
      quietMs: parseDuration(sync?.quiet ?? variables(SYNC_DEFAULTS.quiet) ?? DEFAULT_QUIET) ?? 0,
      maxWaitMs:
        parseDuration(sync?.maxWait ?? variables(SYNC_DEFAULTS.maxWait) ?? DEFAULT_MAX_WAIT) ?? 0,
    },
  };
}

/** Variables that the embedded system sets: on a laptop the first question should not wait for minutes. */
const SYNC_DEFAULTS = { quiet: 'WELLSPRING_SYNC_QUIET', maxWait: 'WELLSPRING_SYNC_MAX_WAIT' };
const DEFAULT_QUIET = '2 minutes';
const DEFAULT_MAX_WAIT = '10 minutes';

function trimmed(prefix: string): string {
  return prefix.replaceAll(/^\/+|\/+$/g, '');
}

function noBucket(): Problem {
  return {
    path: ['bucket'],
    what: '"bucket" is missing',
    remedy: `Add the bucket that the data source reads, or set ${PAPER_DEFAULTS.bucket}.`,
  };
}

/** Evidence below the prefix would be ingested and answer questions. */
function indexedEvidence({
  evidence,
  bucket,
  prefix,
}: KnowledgeBaseDefinition): readonly Problem[] {
  const inside =
    evidence?.bucket === bucket &&
    (prefix === '' || `${evidence.prefix}/`.startsWith(`${prefix}/`));
  if (!inside) return [];
  return [
    {
      path: ['evidence'],
      what: '"evidence" lies where the knowledge base reads its documents',
      remedy: 'Give it another bucket, or give both a prefix of their own.',
    },
  ];
}
