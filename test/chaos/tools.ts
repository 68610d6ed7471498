import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findFaketime } from '../../local/tools/faketime.ts';
import { toolSearch } from '../set-up/tools.ts';

const run = promisify(execFile);

/** What makes a process believe another time: variables for its environment. Undefined where the tool is missing. */
export async function clockVariables(
  offset: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const library = await faketimeLibrary();
  if (library === undefined) return undefined;
  // Its timers must go on as they are: it is the calendar that is wrong.
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

export const NO_FAKETIME =
  'libfaketime is not installed. Install the Debian package "faketime", or set FAKETIME_LIBRARY to its libfaketime.so.1.';

async function faketimeLibrary(): Promise<string | undefined> {
  const given = process.env['FAKETIME_LIBRARY'];
  if (given) return given;
  return findFaketime(toolSearch(false)).then(
    ({ tool }) => tool,
    () => undefined,
  );
}

/** Does the command work here? The reason where it does not. */
export async function whyNot(
  command: string,
  ...args: readonly string[]
): Promise<string | undefined> {
  try {
    await run(command, args);
    return undefined;
  } catch (error) {
    return `"${[command, ...args].join(' ')}" does not work here: ${(error as Error).message.trim()}`;
  }
}
