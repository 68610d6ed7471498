import { readOptions } from '../read-options.ts';

/** What `npm run certify` is asked for. Parts of a config are still texts: a file, or YAML in braces. */
export interface CertifyArguments {
  readonly help: boolean;
  /** A built-in type; `script` where a command is given. */
  readonly type: string;
  /** The program of a script and its arguments. */
  readonly command: readonly string[] | undefined;
  readonly config: string | undefined;
  readonly dialect: string | undefined;
  /** `NAME=value`, or `NAME` alone: its value is that of the environment. */
  readonly env: readonly string[];
  readonly check: readonly string[] | undefined;
  readonly changeCommand: readonly string[] | undefined;
  readonly deleteCommand: readonly string[] | undefined;
  readonly cases: Readonly<Partial<Record<CaseOption, string>>>;
  readonly appendOnly: boolean;
  readonly contentsVary: boolean;
  readonly full: boolean;
  readonly schedule: boolean;
  readonly timeout: string | undefined;
  readonly since: string | undefined;
  /** Standard output, a file, or neither. */
  readonly json:
    | { readonly to: 'none' | 'output' }
    | { readonly to: 'file'; readonly path: string };
}

/** Options that say how the good config is changed for one case. */
export const CASE_OPTIONS = [
  'bad-credentials',
  'unreachable',
  'nothing-matches',
  'failing',
  'poisoned',
  'big',
] as const;
export type CaseOption = (typeof CASE_OPTIONS)[number];

export const CERTIFY_HELP = `Tries everything that a source has to keep, and says what it does not.

  npm run certify -- database                          a built-in type, on a source that is brought along
  npm run certify -- http --config '{urls: ["https://docs.example.com/"]}'     the same on a source of yours
  npm run certify -- --env API_TOKEN -- node my-script.mjs --all               a program of yours
  npm run certify -- --dialect singer --command "tap-github --fast"            a Singer tap or an Airbyte source

Options
  --config WHAT            the config of the source, as under "config:" in the definitions; WHAT is a file (YAML or JSON), or YAML in braces
  --command TEXT           the program with its arguments, instead of "-- program arguments"; no shell reads it
  --dialect NAME           wellspring (default), singer, airbyte
  --env NAME[=VALUE]       a variable of the program; without a value, that of your environment; may be repeated
  --check TEXT             the command that tests credentials and reach, and ends
  --bad-credentials WHAT   what differs in the config when the credentials are wrong: '{env: {API_TOKEN: wrong-token}}'
  --unreachable WHAT       … when the source does not answer
  --nothing-matches WHAT   … when the scope matches nothing
  --failing WHAT           … when an error comes in the middle; for programs also tried without network
  --poisoned WHAT          … when exactly one record cannot be read
  --big WHAT               … when there are very many documents: bounds the memory
  --change-command TEXT    changes one document of the source, a different way at each call
  --delete-command TEXT    removes one document of the source
  --append-only            it never lists everything, and that is meant
  --contents-vary          the contents of the same document may differ from read to read
  --timeout TIME           longest read, such as "30 seconds"; default: 10 minutes
  --full                   also what takes long: 100,000 documents of a built-in type
  --schedule               also whole runs of an embedded system: Temporal, PostgreSQL, S3
  --since REPORT           an earlier report: the config must stay compatible
  --json [FILE]            the report as JSON: to the file, or to standard output instead of the text
  --help                   this text

What is not given is skipped, and the report says how to give it. Exit codes: 0 nothing failed, 1 something failed, 2 wrong usage.
`;

/** @throws Error - one sentence about the wrong option. */
export function parseCertifyArguments(argv: readonly string[]): CertifyArguments {
  const { own, program } = splitAtDashes(argv);
  const { json, rest } = takeJson(own);
  const { values, positionals } = optionsOf(rest);
  const command = commandOf(program, values.command);
  return {
    help: values.help,
    type: typeOf(positionals, { command, help: values.help }),
    command,
    config: values.config,
    dialect: values.dialect,
    env: values.env,
    check: words(values.check),
    changeCommand: words(values['change-command']),
    deleteCommand: words(values['delete-command']),
    cases: Object.fromEntries(
      CASE_OPTIONS.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
    ),
    appendOnly: values['append-only'],
    contentsVary: values['contents-vary'],
    full: values.full,
    schedule: values.schedule,
    timeout: values.timeout,
    since: values.since,
    json,
  };
}

function splitAtDashes(argv: readonly string[]): {
  readonly own: readonly string[];
  readonly program: readonly string[];
} {
  const at = argv.indexOf('--');
  return at === -1
    ? { own: argv, program: [] }
    : { own: argv.slice(0, at), program: argv.slice(at + 1) };
}

/** `--json` may stand alone or before a file, which `parseArgs` cannot say. */
function takeJson(argv: readonly string[]): {
  readonly json: CertifyArguments['json'];
  readonly rest: readonly string[];
} {
  const at = argv.findIndex((word) => word === '--json' || word.startsWith('--json='));
  if (at === -1) return { json: { to: 'none' }, rest: argv };
  const word = argv[at] ?? '';
  const next = argv[at + 1] ?? '';
  if (word !== '--json')
    return {
      json: { to: 'file', path: word.slice('--json='.length) },
      rest: argv.toSpliced(at, 1),
    };
  if (!/\.json$/iu.test(next)) return { json: { to: 'output' }, rest: argv.toSpliced(at, 1) };
  return { json: { to: 'file', path: next }, rest: argv.toSpliced(at, 2) };
}

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean', default: false } as const;

function optionsOf(argv: readonly string[]) {
  return readOptions('npm run certify', argv, {
    allowPositionals: true,
    options: {
      help: { ...FLAG, short: 'h' },
      config: TEXT,
      command: TEXT,
      dialect: TEXT,
      env: { type: 'string', multiple: true, default: [] },
      check: TEXT,
      'bad-credentials': TEXT,
      unreachable: TEXT,
      'nothing-matches': TEXT,
      failing: TEXT,
      poisoned: TEXT,
      big: TEXT,
      'change-command': TEXT,
      'delete-command': TEXT,
      'append-only': FLAG,
      'contents-vary': FLAG,
      full: FLAG,
      schedule: FLAG,
      timeout: TEXT,
      since: TEXT,
    },
  });
}

const SEE_HELP = '"npm run certify -- --help" lists the options.';

function commandOf(
  program: readonly string[],
  text: string | undefined,
): readonly string[] | undefined {
  if (program.length > 0 && text !== undefined)
    throw new Error(`The program is given twice, by --command and after "--". ${SEE_HELP}`);
  return program.length > 0 ? program : words(text);
}

function typeOf(
  positionals: readonly string[],
  { command, help }: { readonly command: readonly string[] | undefined; readonly help: boolean },
): string {
  const [type, extra] = positionals;
  if (extra !== undefined)
    throw new Error(
      `"${extra}" is one word too many. A program of yours stands after "--": npm run certify -- -- ${positionals.join(' ')}. ${SEE_HELP}`,
    );
  if (command !== undefined && type !== undefined && type !== 'script')
    throw new Error(`A "${type}" source has no program. Leave out the type, or the program.`);
  if (type === undefined && command === undefined && !help)
    throw new Error(`Name a type, or give a program. ${SEE_HELP}`);
  return type ?? 'script';
}

/** Words of a command line; quotes keep blanks together. @throws Error - a quote that nobody closes. */
function words(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const found = [...text.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/gu)];
  const rest = text.replaceAll(/"[^"]*"|'[^']*'|[^\s"']+/gu, '');
  if (/["']/u.test(rest)) throw new Error(`A quote in ${JSON.stringify(text)} is not closed.`);
  return found.map(([, double, single, plain]) => double ?? single ?? plain ?? '');
}
