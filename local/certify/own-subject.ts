import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseDuration } from '../../adapters/definitions/duration.ts';
import { withoutNetwork } from '../../activities/sources/child-process/without-network.ts';
import { leavesOf, looksSecret } from '../../activities/sources/conformance/secret-names.ts';
import type {
  BadConfig,
  CertifiedSpec,
  ChangingSource,
  Subject,
  SubjectConfig,
} from '../../activities/sources/conformance/subject.ts';
import type { BoundSourceType } from '../../activities/sources/define-source.ts';
import type { LocalConfig } from '../config.ts';
import type { CaseOption, CertifyArguments } from './arguments.ts';
import { certifyEnv } from './environment.ts';
import { HOW_TO_GIVE } from './how-to-give.ts';
import { merged, readPart } from './parts.ts';

/** Scripts may keep more in a cursor than the types of our own do. */
const SCRIPT_CURSOR_BYTES = 256 * 1024;

/**
 * A source of the person's own, as the options describe it.
 * @throws Error - an option is wrong.
 */
export async function ownSubject(
  type: BoundSourceType,
  args: CertifyArguments,
  local: LocalConfig,
): Promise<Subject> {
  const config = configOf(type, args, local);
  const variant = (name: CaseOption): SubjectConfig | undefined => {
    const text = args.cases[name];
    return text === undefined ? undefined : merged(config, readPart(text, name, local));
  };
  const isScript = type.spec.name === 'script';
  const failing = variant('failing') ?? (isScript ? await withoutItsNetwork(config) : undefined);
  const [poisoned, big] = [variant('poisoned'), variant('big')];
  return {
    type,
    config,
    env: certifyEnv(local),
    badConfigs: badConfigs(variant),
    secrets: secretsOf(config),
    contentVaries: args.contentsVary,
    unfit: unfit(args, isScript, config),
    limits: limits(args, isScript),
    howToGive: HOW_TO_GIVE,
    ...(failing ? { failing } : {}),
    ...(poisoned ? { poisoned } : {}),
    ...(big ? { big } : {}),
    ...(args.changeCommand ? { changing: changing(config, args, local) } : {}),
    ...former(args, local),
  };
}

/** What was certified before, by `--since`. */
export function former(args: CertifyArguments, local: LocalConfig): { former?: CertifiedSpec } {
  if (args.since === undefined) return {};
  const { spec } = readPart(args.since, 'since', {
    ...local,
    ambient: (name) => `\${env:${name}}`,
  });
  if (typeof spec !== 'object' || spec === null || !('configSchema' in spec))
    throw new Error(
      `The file "${args.since}" of --since is no report of "npm run certify". Give what --json FILE has written.`,
    );
  return { former: spec as CertifiedSpec };
}

/** A relative path of a program's own begins where the person stands. */
function configOf(
  type: BoundSourceType,
  args: CertifyArguments,
  local: LocalConfig,
): SubjectConfig {
  const given = args.config === undefined ? {} : readPart(args.config, 'config', local);
  if (type.spec.name !== 'script') return given;
  const env = Object.fromEntries(args.env.map((text) => variable(text, local)));
  return merged(given, {
    ...(args.command ? { command: [...args.command] } : {}),
    ...(given['cwd'] === undefined ? { cwd: local.workingFolder } : {}),
    ...(args.dialect === undefined ? {} : { dialect: args.dialect }),
    ...(args.check ? { check: [...args.check] } : {}),
    ...(args.env.length > 0 ? { env } : {}),
  });
}

function variable(text: string, { ambient }: LocalConfig): readonly [string, string] {
  const at = text.indexOf('=');
  if (at !== -1) return [text.slice(0, at), text.slice(at + 1)];
  const value = ambient(text);
  if (value === undefined)
    throw new Error(
      `The variable "${text}" after --env is not set. Set it, or write --env ${text}=VALUE.`,
    );
  return [text, value];
}

function badConfigs(
  variant: (name: CaseOption) => SubjectConfig | undefined,
): readonly BadConfig[] {
  const one = (name: CaseOption, rest: Omit<BadConfig, 'config'>): readonly BadConfig[] => {
    const config = variant(name);
    return config === undefined ? [] : [{ ...rest, config }];
  };
  return [
    ...one('bad-credentials', { why: 'bad credentials', outcome: 'FAIL', fault: 'credentials' }),
    ...one('unreachable', {
      why: 'a source that does not answer',
      outcome: 'INDETERMINATE',
      fault: 'unreachable',
    }),
    ...one('nothing-matches', { why: 'a scope of nothing', outcome: 'FAIL', fault: 'nothing' }),
  ];
}

/** Values of settings whose name says that they are secret. Short ones are found everywhere. */
function secretsOf(config: SubjectConfig): readonly string[] {
  const leaves = leavesOf(config).filter(
    ({ path, text }) => path.some(looksSecret) && text.length >= 6,
  );
  const inAddresses = leavesOf(config).flatMap(({ text }) => passwordIn(text));
  return [...new Set([...leaves.map(({ text }) => text), ...inAddresses])];
}

function passwordIn(text: string): readonly string[] {
  const { password = '' } = URL.parse(text) ?? {};
  return password.length < 4 ? [] : [...new Set([password, decodeURIComponent(password)])];
}

function unfit(
  args: CertifyArguments,
  isScript: boolean,
  config: SubjectConfig,
): Readonly<Record<string, string>> {
  const hasCheck =
    !isScript ||
    config['check'] !== undefined ||
    ['singer', 'airbyte'].includes(String(config['dialect']));
  const why =
    'The program has no check command. Give --check "…", a command that tests credentials and reach and ends.';
  const ids = hasCheck
    ? []
    : ['check.good', 'check.credentials', 'check.unreachable', 'check.nothing'];
  return {
    ...Object.fromEntries(ids.map((id) => [id, why])),
    'read.expected': 'Only a source that is brought along has documents that are known before.',
    ...(args.appendOnly ? { 'read.listing': 'By --append-only, it never lists everything.' } : {}),
  };
}

function limits({ timeout }: CertifyArguments, isScript: boolean): NonNullable<Subject['limits']> {
  const readMs = timeout === undefined ? undefined : parseDuration(timeout);
  if (timeout !== undefined && readMs === undefined)
    throw new Error(`--timeout is "${timeout}". Use a time such as "30 seconds" or "5m".`);
  return {
    ...(readMs === undefined ? {} : { readMs }),
    ...(isScript ? { cursorBytes: SCRIPT_CURSOR_BYTES } : {}),
  };
}

/** Most programs collect over the network: without one they meet an error in the middle of their work. */
async function withoutItsNetwork(config: SubjectConfig): Promise<SubjectConfig | undefined> {
  try {
    await withoutNetwork();
    return { ...config, network: 'none' };
  } catch {
    return undefined;
  }
}

function changing(
  config: SubjectConfig,
  { changeCommand = [], deleteCommand }: CertifyArguments,
  local: LocalConfig,
): () => Promise<ChangingSource> {
  const run = async ([program = '', ...rest]: readonly string[]): Promise<undefined> => {
    await promisify(execFile)(program, rest, { cwd: local.workingFolder, timeout: 60_000 });
    return undefined;
  };
  return () =>
    Promise.resolve({
      config,
      update: () => run(changeCommand),
      ...(deleteCommand ? { remove: () => run(deleteCommand) } : {}),
    });
}
