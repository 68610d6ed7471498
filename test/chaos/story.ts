import type { WorkflowHandle } from '@temporalio/client';
import type { Arena } from './arena.ts';
import type { SourceId } from './sources/source.ts';

/** How a run ended: its status, or the name of the failure by which it failed. */
export interface RunEnd {
  readonly source: SourceId;
  readonly workflowId: string;
  readonly status: string;
  readonly failure?: string;
}

/** The runs of a chaos run, wave by wave. */
export interface Story {
  /** Starts a run of each of these sources; none named means all. */
  collect(...sources: readonly SourceId[]): Promise<void>;
  /** The newest run of a source. */
  handleOf(source: SourceId): WorkflowHandle;
  /** Waits for all runs of the newest wave. */
  ends(): Promise<readonly RunEnd[]>;
  /** Of all waves that were waited for. */
  readonly ended: readonly RunEnd[];
}

export function openStory({ temporal, sources }: Arena): Story {
  let wave = 0;
  let current = new Map<SourceId, WorkflowHandle>();
  const ended: RunEnd[] = [];
  return {
    ended,
    async collect(...ids) {
      wave += 1;
      const chosen = sources.filter(({ id }) => ids.length === 0 || ids.includes(id));
      const started = await Promise.all(
        chosen.map(async ({ id }) => {
          const handle = await temporal.client.workflow.start('collectSource', {
            workflowId: `collect:${id}-wave-${wave}`,
            taskQueue: 'orchestration',
            args: [{ v: 1, source: id, trigger: 'manual' }],
          });
          return [id, handle] as const;
        }),
      );
      current = new Map(started);
    },
    handleOf(source) {
      const handle = current.get(source);
      if (!handle) throw new Error(`No run of "${source}" is under way.`);
      return handle;
    },
    async ends() {
      const ends = await Promise.all([...current].map(([source, handle]) => endOf(source, handle)));
      ended.push(...ends);
      return ends;
    },
  };
}

async function endOf(source: SourceId, handle: WorkflowHandle): Promise<RunEnd> {
  const { workflowId } = handle;
  try {
    const { status } = (await handle.result()) as { status: string };
    return { source, workflowId, status };
  } catch (error) {
    const cause = (error as { cause?: { type?: string } }).cause;
    if (cause === undefined) throw error;
    return { source, workflowId, status: 'failed', failure: cause.type ?? 'unknown' };
  }
}
