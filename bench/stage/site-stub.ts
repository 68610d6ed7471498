import type { SiteTally } from '../stubs/site.ts';
import { startProgram, type Program } from './programs.ts';

export interface SiteStub extends Program {
  /** Forgets who asked; from now on it answers after `latencyMs`. */
  reset(latencyMs: number): Promise<void>;
  tally(): Promise<SiteTally>;
}

/** A web site of so many generated pages. */
export async function startSiteStub(folder: string, pages: number): Promise<SiteStub> {
  const program = await startProgram({
    name: 'site-stub',
    file: new URL('../stubs/site.ts', import.meta.url),
    folder,
    args: [String(pages)],
    readyPath: '/-/tally',
  });
  const ask = async (path: string): Promise<SiteTally> =>
    (await (await fetch(`${program.url}${path}`)).json()) as SiteTally;
  return {
    ...program,
    async reset(latencyMs) {
      await ask(`/-/reset?latencyMs=${latencyMs}`);
    },
    tally: () => ask('/-/tally'),
  };
}
