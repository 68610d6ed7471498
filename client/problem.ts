/** Something that a client says instead of a result. The message is whole sentences, the next step included (S12). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly options: ProblemOptions;

  constructor(message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.options = options;
  }
}

export interface ProblemOptions {
  /** 2 for wrong usage; 1 where it is left out. */
  readonly exitCode?: 1 | 2;
  /** A failure name of the product, where it is one. */
  readonly failure?: string;
  /** What to do, as a line of its own. */
  readonly remedy?: string;
  /** Single findings, each a whole sentence with its place. */
  readonly findings?: readonly ProblemFinding[];
  readonly cause?: unknown;
}

interface ProblemFinding {
  readonly file: string;
  readonly line: number;
  readonly sentence: string;
}

/** Wrong usage: exit code 2, and the help of the verb as the next step. */
export function wrongUsage(message: string, remedy?: string): Problem {
  return new Problem(message, { exitCode: 2, ...(remedy === undefined ? {} : { remedy }) });
}
