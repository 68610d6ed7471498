import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import type { MendChoice, MendReport } from '../../workflows/collection/mending.ts';
import { sourceInForce } from '../known-source.ts';
import { mend, refusedText } from '../mending.ts';
import { wrongUsage } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import { plural } from '../text.ts';
import { follow, started, triggeredRun } from '../triggered-run.ts';
import type { Answer, Context, ExitCode } from './command.ts';

interface ReindexOptions {
  readonly failed: boolean;
  readonly all: boolean;
  readonly reread: boolean;
  readonly 'no-wait': boolean;
}

/** A payload takes 8 KB. */
const MAX_IDS_BYTES = 6000;

/** Lets the knowledge base read documents again as they lie in S3, or with --reread the source itself. */
export async function reindex(context: Context<ReindexOptions>): Promise<Answer> {
  const [source = '', ...ids] = context.positionals;
  const { options, terminal } = context;
  const choice = chosen(ids, options);
  const system = await context.system();
  const { definition } = await sourceInForce(await system.database(), source);
  const { tenant } = definition;
  const verb = options.reread ? 'reread' : 'reindex';
  const report = await mend(system, { verb, tenant, source, choice }, terminal);
  if (!options.reread || report.documents === 0) return answer(source, report, context);
  terminal.notice(`${plural(report.documents, 'document')} of "${source}" will be written anew.`);
  for (const line of refusedText(report, terminal)) terminal.notice(line);
  const schedules = await system.schedules();
  const triggered = await schedules.trigger(sourceScheduleId(tenant, source));
  const run = triggeredRun(triggered, source);
  // One that is under way may have passed them already; the next one takes them.
  if (triggered.outcome === 'started' && !options['no-wait']) return follow(context, system, run);
  return started(triggered, run);
}

function chosen(ids: readonly string[], { failed, all }: ReindexOptions): MendChoice {
  const ways = [ids.length > 0, failed, all].filter(Boolean).length;
  if (ways !== 1)
    throw wrongUsage(
      ways === 0
        ? 'It is not said which documents are meant.'
        : 'Ids, --failed and --all do not go together.',
      'Name their ids, or --failed, or --all.',
    );
  if (failed) return { kind: 'failed' };
  if (all) return { kind: 'all' };
  if (Buffer.byteLength(JSON.stringify(ids)) > MAX_IDS_BYTES)
    throw wrongUsage(
      `${plural(ids.length, 'id')} are too many for one request.`,
      `Name fewer at a time (${MAX_IDS_BYTES} bytes in all), or use --failed or --all.`,
    );
  return { kind: 'ids', ids };
}

function answer(source: string, report: MendReport, { terminal }: Context<unknown>): Answer {
  const { documents, outcomes = {} } = report;
  const { indexed = 0, pending = 0, gone = 0, failed = 0 } = outcomes;
  const parts = [
    ...(indexed > 0 ? [`${indexed} indexed`] : []),
    ...(pending > 0 ? [`${pending} being read`] : []),
    ...(gone > 0 ? [`${gone} taken out`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  const done =
    documents === 0
      ? `No document of "${source}" was taken.`
      : `The knowledge base was given ${plural(documents, 'document')} of "${source}": ${parts.join(', ')}.`;
  return {
    data: { source, ...report },
    text: [
      done,
      ...refusedText(report, terminal),
      ...(pending > 0
        ? [terminal.paint.faint(`Look later: ${ourCommand(`doctor ${source}`)}`)]
        : []),
    ].join('\n'),
    exitCode: exitCode(report),
  };
}

function exitCode({ documents, refusedTotal }: MendReport): ExitCode {
  if (refusedTotal === 0) return 0;
  return documents === 0 ? 1 : 3;
}
