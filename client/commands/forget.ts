import { DEFAULT_TENANT } from '../../workflows/collection/ids.ts';
import { shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import { canAsk } from '../confirm.ts';
import { decide, type DecisionOptions } from '../decide.ts';
import { mend } from '../mending.ts';
import { Problem } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import { plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** Deletes what a source that left the definitions has left behind: asks as a held deletion does, then takes the answer of who sits there. */
export async function forget(context: Context<DecisionOptions>): Promise<Answer> {
  const [source = ''] = context.positionals;
  const system = await context.system();
  // The worker looks up whose source it was.
  const wanted = { verb: 'forget', tenant: DEFAULT_TENANT, source } as const;
  const { digest, documents } = await mend(system, wanted, context.terminal);
  if (digest === undefined)
    throw new Problem(`Nothing is stored of "${source}".`, { failure: 'NotFound' });
  // A script that says no "--yes" has not said that everything may go.
  if (!context.options.yes && !canAsk()) return asked(source, documents, digest);
  return decide({ ...context, positionals: [shortDigest(digest)] }, 'approve');
}

function asked(source: string, documents: number, digest: string): Answer {
  const id = shortDigest(digest);
  return {
    data: { source, documents, digest, state: 'open' },
    text: `Nothing was deleted: ${plural(documents, 'document')} of "${source}" wait for an answer.\n"${ourCommand(`approve ${id}`)}" deletes them, "${ourCommand(`reject ${id}`)}" keeps them.`,
    exitCode: 4,
  };
}
