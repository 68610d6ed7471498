import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { RealPart, SystemContext } from './context.ts';

type Wanted = Pick<SystemContext, 'real' | 'ambient'> & {
  /** The quickstart's definitions name a knowledge base, which only variables can tell where AWS is real. */
  readonly quickstart: boolean;
};

/**
 * Looks whether each real part can be found, before anything is started.
 * @throws Error - one sentence lists every variable that is missing, and for which part.
 */
export function requireRealParts(wanted: Wanted): void {
  const missing = [...wanted.real].flatMap((part) =>
    missingOf(part, wanted).map((name) => ({ part, name })),
  );
  if (missing.length === 0) return;
  const listed = missing.map(({ part, name }) => `${name} (for --real ${part})`).join(', ');
  const [variables, them] =
    missing.length === 1 ? ['1 variable is', 'it'] : [`${missing.length} variables are`, 'them'];
  throw new Error(`${variables} missing: ${listed}. Set ${them}, or leave the part out of --real.`);
}

function missingOf(part: RealPart, { ambient, quickstart }: Wanted): readonly string[] {
  const isSet = (name: string): boolean => ambient(name) !== undefined;
  const oneOf = (...names: readonly [string, ...string[]]): readonly string[] =>
    names.some(isSet) ? [] : [names[0]];
  if (part === 'temporal') {
    return oneOf('TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE');
  }
  if (part === 'database') return oneOf('WELLSPRING_DATABASE_URL');
  return [
    ...(existsSync(join(homedir(), '.aws', 'config')) ? [] : oneOf(...REGION)),
    ...(quickstart ? KNOWLEDGE_BASE.filter((name) => !isSet(name)) : []),
  ];
}

/** Where the AWS SDK learns its region from, besides the file of the default profile. */
const REGION = ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_CONFIG_FILE'] as const;
const KNOWLEDGE_BASE = [
  'KNOWLEDGE_BASE_ID',
  'DATA_SOURCE_ID',
  'SOURCE_AGENTS_S3_BUCKET',
  'EVIDENCE_BUCKET',
];
