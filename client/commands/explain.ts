import { explainVerdict } from '../../workflows/collection/explain-verdict.ts';
import type { Explanation } from '../../workflows/collection/explanation.ts';
import { explanationText } from '../explanation-text.ts';
import { inspect } from '../inspection.ts';
import { Problem } from '../problem.ts';
import { inspectionHead } from './check.ts';
import type { Answer, Context, ExitCode } from './command.ts';

/** Why a document is in the knowledge base, or why it is not, with every fact behind it. */
export async function explain(context: Context<unknown>): Promise<Answer> {
  const [source = '', about = ''] = context.positionals;
  const inspection = await inspect(context, source, { verb: 'explain', limit: 0, about });
  const { report } = inspection;
  const { explanation, notes } = report;
  if (!explanation) throw tooOld();
  const verdict = explainVerdict(source, explanation);
  const text = explanationText(explanation, verdict, { ...context.terminal, now: new Date() });
  return {
    data: { source, definition: inspection.from, ...verdict, ...explanation },
    text: [context.terminal.paint.faint(inspectionHead(inspection)), text, ...notes].join('\n'),
    exitCode: exitCode(explanation),
  };
}

/** 3 where nothing at all is known of it. */
function exitCode({ document, letter, page, deletion }: Explanation): ExitCode {
  return document || letter || page || deletion ? 0 : 3;
}

function tooOld(): Problem {
  return new Problem('The worker that answered cannot explain documents yet.', {
    failure: 'Unavailable',
    remedy: 'Update the workers to the version of this client.',
  });
}
