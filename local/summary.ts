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

/** Of each run in which documents failed: the last one, why, and how to see them all. */
export async function failedDocuments(db: Database, runs: Iterable<RunRow>): Promise<string[]> {
  const failing = [...runs].filter(({ counts }) => (counts.failed ?? 0) > 0);
  const lines = failing.map(async ({ source }) => {
    const { deadLetters, total } = await readDeadLetters(db, { source, limit: 1 });
    const more =
      total > 1 ? ` (1 of ${total}; "npm run cli -- dead-letters ${source}" shows all)` : '';
    return deadLetters.map((one) => `${source}: ${one.failure}: ${one.detail}${more}`);
  });
  return (await Promise.all(lines)).flat();
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
function quoted(path: string): string {
  return /^[\w./@-]+$/u.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** `1 source`, `2 sources`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
