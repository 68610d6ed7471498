import { quoted } from '../summary.ts';
import type { Stage } from './story.ts';

/** Commands as they must be typed for the demo's system: without its folder they would find another one, or none. */
export function shownCommands(folder: string): Pick<Stage, 'cli' | 'temporal'> {
  const state = quoted(folder);
  return {
    cli: (rest) => `npm run cli -- ${rest} --state ${state}`,
    temporal: (command) =>
      command.replace('npm run temporal -- ', `npm run temporal -- --state ${state} `),
  };
}
