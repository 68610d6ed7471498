import type { S3Tally } from '../stubs/s3-tally.ts';
import { startProgram, type Program } from './programs.ts';

export interface S3Stub extends Program {
  /** Forgets what it saw; from now on it answers after `latencyMs`. */
  reset(latencyMs: number): Promise<void>;
  tally(): Promise<S3Tally>;
}

export async function startS3Stub(folder: string): Promise<S3Stub> {
  const file = new URL('../stubs/s3.ts', import.meta.url);
  const program = await startProgram({ name: 's3-stub', file, folder, readyPath: '/-/tally' });
  const ask = async (path: string): Promise<S3Tally> =>
    (await (await fetch(`${program.url}${path}`)).json()) as S3Tally;
  return {
    ...program,
    async reset(latencyMs) {
      await ask(`/-/reset?latencyMs=${latencyMs}`);
    },
    tally: () => ask('/-/tally'),
  };
}
