/** What a client takes from the environment. */
export interface ClientConfig {
  /** Any variable by its name, for `${env:NAME}` in definitions; empty ones count as unset. */
  readonly variable: (name: string) => string | undefined;
  /** Our own database, where no embedded system is used. */
  readonly databaseUrl: string | undefined;
  /** Which variables name a real system; empty where none does. */
  readonly realBy: readonly string[];
  /** False when the person asked for no colours (https://no-color.org). */
  readonly colours: boolean;
  /** Where the person stands: npm runs scripts in the folder of the project, whichever folder it was typed in. */
  readonly workingFolder: string;
  /** A width that was asked for; else the terminal's own. */
  readonly columns: number | undefined;
}

/** Any of them set means that there is a real system to talk to. */
const REAL_VARIABLES = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'WELLSPRING_DATABASE_URL'];

/** Reads the environment: the only place of this ring that does (S10). */
export function readClientConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ClientConfig {
  const variable = (name: string): string | undefined => env[name]?.trim() || undefined;
  const columns = Number(variable('COLUMNS'));
  return {
    variable,
    databaseUrl: variable('WELLSPRING_DATABASE_URL'),
    realBy: REAL_VARIABLES.filter((name) => variable(name) !== undefined),
    // npm leaves the variable to every program below it: it is ours only in `npm run cli`.
    workingFolder:
      (variable('npm_lifecycle_event') === 'cli' && variable('INIT_CWD')) || process.cwd(),
    colours: variable('NO_COLOR') === undefined && variable('TERM') !== 'dumb',
    columns: Number.isInteger(columns) && columns > 0 ? columns : undefined,
  };
}
