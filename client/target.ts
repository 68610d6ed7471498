import { dirname, join } from 'node:path';
import { readEndpoints, type Endpoints } from '../adapters/endpoints.ts';
import type { ClientConfig } from './config.ts';
import { Problem } from './problem.ts';
import { ourCommand } from './spoken-commands.ts';

/** The system that a client talks to, and why this one. */
export type Target =
  | { readonly kind: 'embedded'; readonly folder: string; readonly endpoints: Endpoints }
  /** `because` is a clause for people: `TEMPORAL_ADDRESS is set`. */
  | { readonly kind: 'real'; readonly because: string };

export interface TargetOptions {
  /** The system of the environment variables, whatever runs in this folder. */
  readonly real: boolean;
  /** The state folder of `npm start --state`; else `.wellspring` of the working folder or the nearest one above. */
  readonly stateFolder: string | undefined;
  readonly workingFolder: string;
  /** Looked into last. */
  readonly projectFolder?: string;
}

/**
 * Which system to talk to: the embedded one of this folder if there is one, since a laptop has variables set for other reasons; else the
 * one that the environment names.
 * @throws Problem - neither is there, or the embedded one does not run.
 */
export async function findTarget(options: TargetOptions, config: ClientConfig): Promise<Target> {
  if (options.real) return { kind: 'real', because: '--real is given' };
  const found = await findEndpoints(options);
  if (found && isAlive(found.endpoints.pid)) return { kind: 'embedded', ...found };
  if (found) throw notRunning(found.folder, config);
  const [variable] = config.realBy;
  if (variable !== undefined) return { kind: 'real', because: `${variable} is set` };
  throw nothingFound(options);
}

/** The endpoints of this folder's embedded system, also of one that does not run at the moment; its definitions keep their variables. */
export async function findEndpoints({
  real,
  stateFolder,
  workingFolder,
  projectFolder = workingFolder,
}: TargetOptions): Promise<{ readonly folder: string; readonly endpoints: Endpoints } | undefined> {
  if (real) return undefined;
  const usual = [...stateFolders(workingFolder), ...stateFolders(projectFolder)];
  for (const folder of stateFolder === undefined ? usual : [stateFolder]) {
    const endpoints = await readEndpoints(folder);
    if (endpoints) return { folder, endpoints };
  }
  return undefined;
}

function stateFolders(folder: string): readonly string[] {
  const parent = dirname(folder);
  return [join(folder, '.wellspring'), ...(parent === folder ? [] : stateFolders(parent))];
}

/** Signal 0 asks without doing anything; a process of another user answers EPERM. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function notRunning(folder: string, { realBy }: ClientConfig): Problem {
  const other =
    realBy.length === 0 ? '' : ` Or add --real for the system that ${realBy.join(' and ')} name.`;
  return new Problem('The embedded system is not running.', {
    failure: 'Unavailable',
    remedy: `Start it with "npm start". Its state is in "${folder}".${other}`,
  });
}

function nothingFound({ stateFolder, workingFolder }: TargetOptions): Problem {
  const where = stateFolder ?? `${workingFolder}" or any folder above`;
  return new Problem(
    `No Wellspring was found: there is no endpoints.json in "${where}${stateFolder === undefined ? '' : '"'}.`,
    {
      failure: 'NotFound',
      remedy:
        `Start one with "npm start", name the folder of one with --state, or set TEMPORAL_ADDRESS and WELLSPRING_DATABASE_URL for a real one. ` +
        `"${ourCommand('--help')}" says more.`,
    },
  );
}
