import type { LoopOrder, TimedLoopResult } from '../loops/loop.ts';
import { startProgram, type Program } from './programs.ts';
import type { Stage } from './stage.ts';

export interface Loops extends Program {
  run(order: Pick<LoopOrder, 'kind' | 'table' | 'provenance'>): Promise<TimedLoopResult>;
}

/** Uploads at once, the default of a worker. */
const UPLOADS = 24;

/** The process in which the bare loops run. */
export async function startLoops(stage: Stage): Promise<Loops> {
  const file = new URL('../loops/main.ts', import.meta.url);
  const program = await startProgram({ name: 'loops', file, folder: stage.folder, readyPath: '/' });
  const { sourceUrl, manifestUrl, s3 } = stage;
  return {
    ...program,
    async run(order) {
      const whole: LoopOrder = {
        ...order,
        sourceUrl,
        manifestUrl,
        s3Url: s3.url,
        uploads: UPLOADS,
      };
      const answer = await fetch(program.url, { method: 'POST', body: JSON.stringify(whole) });
      if (!answer.ok) throw new Error(`The loop "${order.kind}" broke: ${await answer.text()}`);
      return (await answer.json()) as TimedLoopResult;
    },
  };
}
