import type { Endpoints } from '../adapters/endpoints.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { readDeadLetters } from '../adapters/postgres/reports.ts';
import type { RunRow } from '../adapters/postgres/run-rows.ts';
import type { SourceDefinition } from '../workflows/collection/definitions.ts';

/** Where a person can look into a running system: one line a place. */
export function placesToLook({ temporal, aws, metricsUrl, variables }: Endpoints): string[] {
  const bucket = variables['SOURCE_AGENTS_S3_BUCKET'] ?? '';
  return [
    ...(temporal.uiUrl ? [`Temporal Web UI   ${temporal.uiUrl}`] : []),
    ...(aws ? [`Files             s3://${bucket} on ${aws.endpoints['S3'] ?? ''}`] : []),
    ...(metricsUrl ? [`Metrics           ${metricsUrl}`] : []),
  ];
}

/** Of each run that failed, or in which documents failed: why; of several documents the last one, and how to see them all. */
export async function whatFailed(db: Database, runs: Iterable<RunRow>): Promise<string[]> {
  const lines = [...runs].map(async (run) =>
    (run.counts.failed ?? 0) > 0 ? failedDocuments(db, run.source) : failedRun(run),
  );
  return (await Promise.all(lines)).flat();
}

async function failedDocuments(db: Database, source: string): Promise<string[]> {
  const { deadLetters, total } = await readDeadLetters(db, { source, limit: 1 });
  const more =
    total > 1 ? ` (1 of ${total}; "npm run cli -- dead-letters ${source}" shows all)` : '';
  return deadLetters.map((one) => `${source}: ${one.failure}: ${one.detail}${more}`);
}

/** A source that could not be read at all has no document that failed. */
function failedRun({ source, status, failure, message }: RunRow): string[] {
  return status === 'failed' ? [`${source}: ${failure ?? 'failed'}: ${message ?? ''}`] : [];
}

/** The next commands to try. `stateFolder` is given where they would not find the system by themselves. */
export function commandsToTry(
  definitions: readonly SourceDefinition[],
  stateFolder: string | undefined,
): string[] {
  const [first] = definitions;
  const isQuickstart = definitions.some((one) => one.id === 'licences');
  const question = isQuickstart
    ? 'which licences demand the source when the program is used over a network?'
    : 'what is new?';
  const state = stateFolder === undefined ? '' : ` --state ${quoted(stateFolder)}`;
  return [
    `npm run cli -- ask${state} "${question}"`,
    `npm run cli -- sources${state}`,
    ...(first
      ? [`npm run cli -- documents ${first.id}${state}`, `npm run cli -- run ${first.id}${state}`]
      : []),
    `npm run temporal --${state} schedule list`,
    'npm run cli -- --help',
  ];
}

/** As a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./@-]+$/u.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** `1 source`, `2 sources`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
