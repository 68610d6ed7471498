import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { callTemporal } from '../adapters/temporal/errors.ts';
import type { mendSource } from '../workflows/collection/mend-source.ts';
import type { MendReport, MendSourceInput } from '../workflows/collection/mending.ts';
import type { System } from './system.ts';
import type { Terminal } from './terminal.ts';
import { clean, indented, plural } from './text.ts';

/** The queue of every workflow. */
const ORCHESTRATION_QUEUE = 'orchestration';
/** Above the activity's own bound: without a worker nothing else would ever end it. */
const RUN_TIMEOUT_MS = 7 * 3_600_000;
const SAY_EVERY_MS = 10_000;

/** Of one verb; what is left out names the request. */
export type Mend = MendSourceInput extends infer Each
  ? Each extends MendSourceInput
    ? Omit<Each, 'request'>
    : never
  : never;

/** Lets a worker do it and waits; broken off by Ctrl-C, it goes on there. */
export async function mend(system: System, wanted: Mend, terminal: Terminal): Promise<MendReport> {
  const { client } = await system.temporal();
  const request = randomUUID();
  const workflowId = `${wanted.verb}:${wanted.source}:${request}`;
  const over = new AbortController();
  const talk = async (): Promise<void> => {
    for (let seconds = 10; ; seconds += SAY_EVERY_MS / 1000) {
      await sleep(SAY_EVERY_MS, undefined, { signal: over.signal });
      terminal.progress(`… ${wanted.source}  a worker is at it: ${workflowId}`, ` (${seconds} s)`);
    }
  };
  talk().catch(() => undefined);
  try {
    return await callTemporal(`workflow "${workflowId}"`, () =>
      client.workflow.execute<typeof mendSource>('mendSource', {
        workflowId,
        taskQueue: ORCHESTRATION_QUEUE,
        args: [{ v: 1, mend: { ...wanted, request } }],
        workflowRunTimeout: RUN_TIMEOUT_MS,
        staticSummary: `${wanted.verb} ${wanted.source}`,
      }),
    );
  } finally {
    over.abort();
    terminal.settle();
  }
}

/** The first documents that could not be taken, each with its reason. */
export function refusedText(
  { refused, refusedTotal }: MendReport,
  { width, paint }: Pick<Terminal, 'width' | 'paint'>,
): readonly string[] {
  if (refusedTotal === 0) return [];
  const more = refusedTotal - refused.length;
  return [
    paint.bad(`${plural(refusedTotal, 'document')} not taken:`),
    ...refused.map(({ id, reason }) =>
      indented(`${clean(id)}: ${clean(reason)}`, width, '    ', '  - '),
    ),
    ...(more > 0 ? [paint.faint(`  … and ${more.toLocaleString('en')} more.`)] : []),
  ];
}
