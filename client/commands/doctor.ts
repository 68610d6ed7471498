import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { definitionsInForce } from '../../adapters/postgres/revisions.ts';
import { effectiveDefinitions } from '../../adapters/postgres/spec-overlay.ts';
import { callTemporal } from '../../adapters/temporal/errors.ts';
import {
  NOTED,
  type ExaminationReport,
  type Finding,
  type FindingGroup,
} from '../../workflows/collection/examination.ts';
import type { examineSystem } from '../../workflows/collection/examine-system.ts';
import { definitionChanges } from '../definition-changes.ts';
import { readDefinitions } from '../definitions.ts';
import { examinationText } from '../examination-text.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { System } from '../system.ts';
import type { Answer, Context } from './command.ts';

interface DoctorOptions {
  readonly limit: number;
}

/** The queue of every workflow. */
const ORCHESTRATION_QUEUE = 'orchestration';
/** Above the activity's own bound: without a worker nothing else would ever end it. */
const RUN_TIMEOUT_MS = 3 * 3_600_000;
const SAY_EVERY_MS = 10_000;

/** Compares everything that should agree and says what does not, each with what mends it. Changes nothing. */
export async function doctor(context: Context<DoctorOptions>): Promise<Answer> {
  const [source] = context.positionals;
  const { terminal, options } = context;
  const system = await context.system();
  const local = await differingDefinitions(context, system, source);
  const examined = await waiting(examine(system, source, options.limit), (seconds) =>
    terminal.progress(
      '… comparing definitions, schedules, documents and objects',
      ` (${seconds} s)`,
    ),
  );
  terminal.settle();
  const report = withGroup(examined, local);
  const found = report.groups.filter(({ kind }) => !NOTED.has(kind));
  return {
    data: report,
    text: examinationText(report, terminal),
    exitCode: found.length > 0 ? 3 : 0,
  };
}

async function examine(
  system: System,
  source: string | undefined,
  shown: number,
): Promise<ExaminationReport> {
  const { client } = await system.temporal();
  const workflowId = `doctor:${source ?? 'all'}:${randomUUID()}`;
  const input = { v: 1, shown, ...(source === undefined ? {} : { source }) } as const;
  return callTemporal(`workflow "${workflowId}"`, () =>
    client.workflow.execute<typeof examineSystem>('examineSystem', {
      workflowId,
      taskQueue: ORCHESTRATION_QUEUE,
      args: [input],
      workflowRunTimeout: RUN_TIMEOUT_MS,
      staticSummary: `doctor ${source ?? ''}`.trim(),
    }),
  );
}

async function waiting<Value>(
  answer: Promise<Value>,
  say: (seconds: number) => void,
): Promise<Value> {
  const over = new AbortController();
  const talk = async (): Promise<void> => {
    for (let seconds = 10; ; seconds += SAY_EVERY_MS / 1000) {
      await sleep(SAY_EVERY_MS, undefined, { signal: over.signal });
      say(seconds);
    }
  };
  talk().catch(() => undefined);
  try {
    return await answer;
  } finally {
    over.abort();
  }
}

/** Files are compared where they are named; else what is in force is the truth. */
async function differingDefinitions(
  context: Context<DoctorOptions>,
  system: System,
  source: string | undefined,
): Promise<FindingGroup | undefined> {
  const { configFile } = context;
  if (configFile === undefined) return undefined;
  const { sources } = await readDefinitions(context);
  const db = await system.database();
  const { definitions } = await effectiveDefinitions(db, sources);
  const changes = definitionChanges(await definitionsInForce(db), definitions);
  const findings = changes
    .filter((change) => source === undefined || change.source === source)
    .map((change): Finding => {
      const what = {
        add: 'is not in force yet',
        change: `differs from what is in force${change.kind === 'change' ? ` (${change.fields.map(({ field }) => field).join(', ')})` : ''}`,
        remove: 'is in force, but no longer in the file',
      }[change.kind];
      return {
        what: `Source "${change.source}" of "${configFile}" ${what}.`,
        mend: `"${ourCommand(`apply --config ${configFile}`)}" puts the file in force.`,
        source: change.source,
      };
    });
  if (findings.length === 0) return undefined;
  const shown = findings.slice(0, context.options.limit);
  return { kind: 'definition-differs', total: findings.length, shown };
}

function withGroup(report: ExaminationReport, group: FindingGroup | undefined): ExaminationReport {
  return group ? { ...report, groups: [group, ...report.groups] } : report;
}
