import { resolve } from 'node:path';
import { readOptions } from './read-options.ts';
import { REAL_PARTS, type RealPart } from './system/context.ts';

export interface StartArguments {
  readonly help: boolean;
  /** End after the first round and its ingestion. */
  readonly once: boolean;
  /** Collect all sources, not only what is due. */
  readonly run: boolean;
  /** Absolute; absent for the quickstart. */
  readonly configFile: string | undefined;
  readonly stateFolder: string | undefined;
  readonly real: ReadonlySet<RealPart>;
}

export const START_HELP = `Brings up Wellspring on this machine and collects.

  npm start                                   the quickstart: five real sources
  npm start -- --config wellspring.yaml       your own sources ("npm run cli -- init" writes the file)
  npm start -- --once                         end after the first round and its ingestion

Options
  --config FILE    definitions to run; default: examples/quickstart/wellspring.yaml
  --once           end when every source was collected and ingested; exit code 0 succeeded, 3 partial, 4 held, 1 failed; 2 wrong usage
  --run            collect every source now, not only what is due
  --real PARTS     use real parts by their own variables: ${REAL_PARTS.join(', ')} (comma-separated); default: all embedded
  --state FOLDER   where everything is kept; default: .wellspring
  --help           this text

Nothing real is taken from your environment unless --real names it. Ctrl-C stops everything; the next start goes on.
`;

/** Relative paths begin at `workingFolder`. @throws Error - one sentence about the wrong option. */
export function parseStartArguments(
  argv: readonly string[],
  workingFolder: string,
): StartArguments {
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(workingFolder, path);
  const values = optionsOf(argv);
  return {
    help: values.help,
    once: values.once,
    run: values.run,
    configFile: absolute(values.config),
    stateFolder: absolute(values.state),
    real: new Set(values.real.flatMap((list) => list.split(',')).map(realPart)),
  };
}

function optionsOf(argv: readonly string[]) {
  return readOptions('npm start', argv, {
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      once: { type: 'boolean', default: false },
      run: { type: 'boolean', default: false },
      config: { type: 'string' },
      state: { type: 'string' },
      real: { type: 'string', multiple: true, default: [] },
    },
  }).values;
}

function realPart(text: string): RealPart {
  const part = REAL_PARTS.find((one) => one === text.trim());
  if (part) return part;
  throw new Error(`"${text}" after --real is no part. Parts are ${REAL_PARTS.join(', ')}.`);
}
