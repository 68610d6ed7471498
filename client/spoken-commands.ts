import type { Target } from './target.ts';

/** One of our commands as a person types it. */
export function ourCommand(rest: string): string {
  return `npm run cli -- ${rest}`;
}

/** The command of Temporal's own CLI that means the same, as a person types it for this system. */
export function temporalCommand({ kind }: Pick<Target, 'kind'>, rest: string): string {
  return kind === 'embedded' ? `npm run temporal -- ${rest}` : `temporal ${rest}`;
}
