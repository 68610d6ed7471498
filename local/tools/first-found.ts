/** A tool that was found, and by which step. */
export interface Found<Tool> {
  readonly tool: Tool;
  readonly from: string;
}

/** What one step answers: the tool, or in a few words why not. */
export type Attempt<Tool> = { readonly tool: Tool } | { readonly why: string };

export interface Step<Tool> {
  /** As it stands in the sentence "Tried … (why)". */
  readonly name: string;
  readonly find: () => Promise<Attempt<Tool>> | Attempt<Tool>;
}

/** What every search of a tool needs to know. */
export interface ToolSearch {
  /** Where downloads are kept. */
  readonly toolCache: string;
  /** The folders of PATH. */
  readonly searchPath: readonly string[];
  /** May it download, and as root on Debian install packages? Else only what is there is found. */
  readonly mayInstall: boolean;
  /** Is told in one line what is about to be downloaded or installed, from where and how much. */
  readonly announce: (line: string) => void;
}

/**
 * Takes the steps in order and answers with the first tool found.
 * @throws Error - no step found one: the sentence lists each with its reason, then the remedy.
 */
export async function firstFound<Tool>(
  noun: string,
  steps: readonly Step<Tool>[],
  remedy: string,
): Promise<Found<Tool>> {
  const tried: string[] = [];
  for (const { name, find } of steps) {
    const attempt = await find();
    if ('tool' in attempt) return { tool: attempt.tool, from: name };
    tried.push(`${name} (${attempt.why})`);
  }
  throw new Error(`No ${noun} found. Tried ${tried.join(', ')}. ${remedy}`);
}
