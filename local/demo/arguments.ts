import { resolve } from 'node:path';
import { readOptions } from '../read-options.ts';

export interface DemoArguments {
  readonly help: boolean;
  /** Nobody sits there: approve the fix, and end when the story has ended. */
  readonly yes: boolean;
  readonly autonomous: boolean;
  readonly badFix: boolean;
  /** Absolute; absent for the demo's own folder. */
  readonly stateFolder: string | undefined;
}

export const DEMO_HELP = `Shows how a broken source heals, on this machine, with nothing real.

  npm run demo:repair                    a person decides: by Enter here, or by the commands that are printed
  npm run demo:repair -- --yes           the same unattended: approves by itself, and ends
  npm run demo:repair -- --autonomous    it deploys by itself; the outcomes that allow it are made up, and marked as synthetic
  npm run demo:repair -- --bad-fix       the site changes again after the deployment: the fix is rolled back by itself

Options
  --yes            do not ask, and end when the story has ended; exit code 0 when it went as announced, 1 when not
  --autonomous     the policy lets the gate deploy without a person
  --bad-fix        a run on the fix is bad
  --state FOLDER   where everything is kept; default: .wellspring-demo. The demo begins anew each time and empties it.
  --help           this text

It needs no account, and runs beside "npm start". Without --yes it stays up at the end, to look around; Ctrl-C stops it.
`;

/** Relative paths begin at `workingFolder`. @throws Error - one sentence about the wrong option. */
export function parseDemoArguments(argv: readonly string[], workingFolder: string): DemoArguments {
  const { help, yes, autonomous, state, 'bad-fix': badFix } = optionsOf(argv);
  const stateFolder = state === undefined ? undefined : resolve(workingFolder, state);
  return { help, yes, autonomous, badFix, stateFolder };
}

function optionsOf(argv: readonly string[]) {
  return readOptions('npm run demo:repair', argv, {
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      autonomous: { type: 'boolean', default: false },
      'bad-fix': { type: 'boolean', default: false },
      state: { type: 'string' },
    },
  }).values;
}
