import type { Database } from '../../adapters/postgres/database.ts';
import { readLatestRuns, readRun, type RunReport } from '../../adapters/postgres/reports.ts';
import { Problem } from '../problem.ts';
import { runFacts } from '../run-text.ts';
import { ourCommand, temporalCommand } from '../spoken-commands.ts';
import type { Answer, Context } from './command.ts';

/** Everything that is known of one run: by its id, with or without "collect:", or the latest one of a source. */
export async function runShow(context: Context<unknown>): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const system = await context.system();
  const run = await findRun(await system.database(), wanted);
  if (!run) throw unknownRun(wanted);
  const { terminal } = context;
  const { uiUrl } = system.target.kind === 'embedded' ? system.target.endpoints.temporal : {};
  const history = temporalCommand(system.target, `workflow show --workflow-id ${run.id}`);
  return {
    data: run,
    text: [
      runFacts(run, { ...terminal, now: new Date() }),
      `  ${terminal.paint.faint('history'.padEnd(11))} ${history}`,
      ...(uiUrl === undefined
        ? []
        : [`  ${terminal.paint.faint('web'.padEnd(11))} ${webUrl(uiUrl, run)}`]),
      ...next(run).map(
        (rest) => `  ${terminal.paint.faint('next'.padEnd(11))} ${ourCommand(rest)}`,
      ),
    ].join('\n'),
  };
}

async function findRun(db: Database, wanted: string): Promise<RunReport | undefined> {
  const byId = (await readRun(db, wanted)) ?? (await readRun(db, `collect:${wanted}`));
  return byId ?? (await readLatestRuns(db, { source: wanted, limit: 1 }))[0];
}

function webUrl(uiUrl: string, { id, temporalRunId }: RunReport): string {
  return `${uiUrl}/namespaces/default/workflows/${encodeURIComponent(id)}/${temporalRunId}`;
}

function next({ source, status, counts }: RunReport): readonly string[] {
  if ((counts.failed ?? 0) > 0) return [`dead-letters ${source}`];
  return status === 'failed' ? [`check ${source}`] : [];
}

function unknownRun(wanted: string): Problem {
  return new Problem(`There is no run "${wanted}", nor a source of that name with runs.`, {
    failure: 'NotFound',
    remedy: `"${ourCommand('runs')}" lists the newest ones.`,
  });
}
