import type { Arena } from '../arena.ts';
import { EVIDENCE_BUCKET } from '../cloud.ts';
import type { Evidence, SourceEvidence } from '../evidence.ts';
import { gatherIndexed, gatherJobs, gatherObjects } from './cloud.ts';
import { gatherRepairRows } from './repair-rows.ts';
import { gatherRows } from './rows.ts';
import { gatherTexts } from './texts.ts';
import { gatherWorkflows } from './workflows.ts';
import { leftOver } from './left-over.ts';

/** What the checker is told beside what it finds. */
export interface Excuses {
  /** Source id → documents. */
  readonly held?: Readonly<Record<string, readonly number[]>>;
  readonly excused?: Readonly<Record<string, readonly number[]>>;
}

/** Reads everything that a run left behind, on roads without accidents. */
export async function gather(arena: Arena, excuses: Excuses = {}): Promise<Evidence> {
  const [rows, objects, workflows, repairs] = await Promise.all([
    gatherRows(arena.db),
    gatherObjects(arena.cloud, arena.cloud.bucket),
    gatherWorkflows(arena.temporal),
    gatherRepairRows(arena.db),
  ]);
  const kept = await gatherObjects(arena.cloud, EVIDENCE_BUCKET);
  return {
    ...rows,
    sources: arena.sources.map((source) => sourceEvidence(source, excuses)),
    objects,
    workflows: workflows.evidence,
    repair: { ...repairs, ...workflows.repairs },
    jobs: gatherJobs(arena.cloud),
    indexed: await gatherIndexed(arena.cloud, arena.folder),
    orphans: await leftOver(arena),
    texts: await gatherTexts(arena, {
      objects: [...objects, ...kept],
      histories: workflows.histories,
    }),
    canaries: arena.canaries,
  };
}

function sourceEvidence(
  { id, truth }: Pick<SourceEvidence, 'id' | 'truth'>,
  { held = {}, excused = {} }: Excuses,
): SourceEvidence {
  return { id, truth: new Map(truth), held: new Set(held[id]), excused: new Set(excused[id]) };
}
