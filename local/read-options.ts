import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The options of a program; `command` as it is typed. @throws Error - one sentence about the wrong option, and where all of them are listed. */
export function readOptions<const Config extends ParseArgsConfig>(
  command: string,
  argv: readonly string[],
  config: Config,
): ReturnType<typeof parseArgs<Config & { args: string[] }>> {
  try {
    return parseArgs({ ...config, args: [...argv] });
  } catch (error) {
    // What Node adds after its first sentence is about positional arguments, which is not how ours are given.
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new Error(`${said.replace(/\.$/u, '')}. "${command} -- --help" lists the options.`, {
      cause: error,
    });
  }
}
