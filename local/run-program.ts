import { readLocalConfig, type LocalConfig } from './config.ts';

/** 128 and SIGINT, as shells count. */
export const INTERRUPTED = 130;

export interface Program<Args> {
  /** As it is typed: "npm start". */
  readonly command: string;
  /** Reads the arguments; what it throws is wrong usage. */
  readonly parse: (given: readonly string[], workingFolder: string) => Args;
  /** All of it, to the exit code. It stops every part that it started, also when `stopping` is aborted. */
  readonly main: (args: Args, local: LocalConfig) => Promise<number>;
  /** Aborted by Ctrl-C, by the end of the terminal, and when nobody reads the output any more. */
  readonly stopping: AbortController;
}

/**
 * Runs a program that keeps a system up, and ends the process: with what `main` answers, with 1 when it breaks, 2 for wrong arguments, and
 * 130 when a signal broke it off. The first signal stops in order; a second one does not wait: the guard then ends what is left.
 */
export async function runProgram<Args>(program: Program<Args>): Promise<never> {
  requireNode(program.command);
  listenTo(program.stopping);
  const local = readLocalConfig();
  const args = argumentsOf(program, local);
  // Every part has been stopped; a forgotten timer must not keep the terminal.
  process.exit(await codeOf(program, args, local));
}

function requireNode(command: string): void {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major >= NODE_MAJOR) return;
  console.error(
    `This is Node ${process.versions.node}; Wellspring needs ${NODE_MAJOR}. Type "${command}", which brings its own.`,
  );
  process.exit(1);
}

const NODE_MAJOR = 24;

function listenTo(stopping: AbortController): void {
  // A terminal that was closed, or a reader such as "head" that has gone: what is printed is lost, and the parts are still stopped in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stopping.abort());
  let firstSignalMs = 0;
  const onSignal = (): void => {
    if (!stopping.signal.aborted) {
      firstSignalMs = Date.now();
      stopping.abort();
      // npm passes on a signal that the terminal has sent to us as well: that is still the first one.
    } else if (Date.now() - firstSignalMs > ONE_KEYPRESS_MS) process.exit(INTERRUPTED);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

const ONE_KEYPRESS_MS = 500;

function argumentsOf<Args>({ parse }: Program<Args>, { workingFolder }: LocalConfig): Args {
  try {
    return parse(process.argv.slice(2), workingFolder);
  } catch (error) {
    complain(error);
    return process.exit(2);
  }
}

async function codeOf<Args>(
  { main, stopping }: Program<Args>,
  args: Args,
  local: LocalConfig,
): Promise<number> {
  try {
    return await main(args, local);
  } catch (error) {
    complain(error);
    return stopping.signal.aborted ? INTERRUPTED : 1;
  }
}

function complain(error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
}
