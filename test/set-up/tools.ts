import { type LocalConfig, readLocalConfig } from '../../local/config.ts';
import type { Found, ToolSearch } from '../../local/tools/first-found.ts';

type TestToolSearch = LocalConfig & ToolSearch;

/** How tests look for tools: with the paths from the environment, saying on standard error what is downloaded. */
export function toolSearch(mayInstall: boolean): TestToolSearch {
  return { ...readLocalConfig(), mayInstall, announce: (line) => console.error(line) };
}

/**
 * A tool that a test needs and that not every machine can have, such as `toolForTest(findChromium)`. `undefined`,
 * said loudly, when it is not here: then `describe.skipIf`. `npm test` installs what it can before; this never does.
 */
export async function toolForTest<Tool>(
  find: (search: TestToolSearch) => Promise<Found<Tool>>,
): Promise<Tool | undefined> {
  try {
    return (await find(toolSearch(false))).tool;
  } catch (error) {
    console.warn(`SKIPPED: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
